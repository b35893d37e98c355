#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/chain.h"
#include "base/status.h"

namespace securechat::audit {

struct Finding {
  std::uint64_t line = 0;  // Counted from 1.
  bool fault = true;       // False: worth knowing, but no sign of a hand on the file.
  std::string what;
};

struct Report {
  std::uint64_t lines = 0;
  Link first;  // Of the first line of the chain that was read,
  Link last;   // and of the newest.
  std::uint64_t keyed = 0;
  std::uint64_t unkeyed = 0;
  bool intact = true;
  std::vector<Finding> findings;  // The first kMostFindings of them.
};
inline constexpr std::size_t kMostFindings = 100;

// Reads an audit log from its beginning and finds what was changed, removed, inserted or put
// elsewhere. Several files in the order in which they were written are one log.
class Verifier {
 public:
  // `chain` must outlive the verifier.
  explicit Verifier(const Chain& chain) : chain_(chain) {}

  // Bytes as they come. kAuth when the lines need a key that the chain has not.
  Status add(std::string_view bytes);
  // No bytes follow.
  Status end();
  [[nodiscard]] const Report& report() const { return report_; }

 private:
  // Lines that are none of the chain: a torn one, when the next one says so.
  struct Stray {
    std::uint64_t line = 0;
    std::string text;
  };
  Status judge(std::string_view line);
  Status judge_sealed(const SealedLine& line);
  [[nodiscard]] std::string misplaced(const SealedLine& line);
  [[nodiscard]] std::string begins(const SealedLine& line);
  void keep_stray(std::string_view line);
  void settle_stray(const SealedLine& line, bool genuine);
  void fault(std::uint64_t line, std::string what) { find({line, true, std::move(what)}); }
  void note(std::uint64_t line, std::string what) { find({line, false, std::move(what)}); }
  void find(Finding finding);

  const Chain& chain_;
  std::string partial_;
  std::optional<Link> newest_;
  std::optional<Stray> stray_;
  bool was_keyed_ = false;
  Report report_;
};

// Verifies what `descriptor` gives until its end. kInvalid when it cannot be read.
Result<Report> verify(int descriptor, const Chain& chain);

}  // namespace securechat::audit
