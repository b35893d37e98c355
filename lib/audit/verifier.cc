#include "audit/verifier.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace securechat::audit {
namespace {

// No line of ours is longer: eight texts of 256 bytes, each byte of them escaped at worst.
constexpr std::size_t kLongestLine = 16'384;
constexpr std::size_t kLongestStray = 65'536;

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

}  // namespace

Status Verifier::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (partial_.size() <= kLongestLine) partial_.append(piece.substr(0, kLongestLine + 1));
    if (newline == std::string_view::npos) return {};
    bytes.remove_prefix(newline + 1);
    const std::string line = std::exchange(partial_, {});
    if (Status judged = judge(line); !judged.ok()) return judged;
  }
  return {};
}

Status Verifier::end() {
  if (read_sealed(partial_)) {
    note(report_.lines + 1, "has no line end: the server ended while it wrote");
    if (Status judged = judge(std::exchange(partial_, {})); !judged.ok()) return judged;
  } else if (!partial_.empty()) {
    note(report_.lines + 1,
         "the last line is not whole (" + number(partial_.size()) +
             " bytes without an end): the server ended while it wrote, or the file was cut; the "
             "next start marks it");
    return {};
  }
  if (stray_) {
    fault(stray_->line, "is no line of an audit log: changed or inserted");
  }
  return {};
}

Status Verifier::judge(std::string_view line) {
  ++report_.lines;
  const std::optional<SealedLine> sealed = read_sealed(line);
  if (sealed) return judge_sealed(*sealed);
  keep_stray(line);
  return {};
}

void Verifier::keep_stray(std::string_view line) {
  if (!stray_) {
    stray_ = Stray{report_.lines, std::string(line)};
  } else if (stray_->text.size() < kLongestStray) {
    stray_->text.append("\n").append(line);
  }
}

// A torn line is genuine when the one behind it is, and names it.
void Verifier::settle_stray(const SealedLine& line, bool genuine) {
  if (!stray_) return;
  const Stray stray = std::move(*stray_);
  stray_.reset();
  const Result<std::string> digest = sha256(stray.text);
  if (genuine && digest.ok() && own_member(line, "event") == "audit.torn" &&
      own_member(line, "torn") == hex_encode(*digest)) {
    note(stray.line, "was torn when the server ended or the disk was full; line " +
                         number(report_.lines) + " says so");
  } else {
    fault(stray.line, "is no line of an audit log: changed or inserted");
  }
}

// The same for the line that the log begins with.
std::string Verifier::begins(const SealedLine& line) {
  if (line.link.seq == 1) return {};
  if (own_member(line, "event") != "audit.rotated") {
    return "has the number " + number(line.link.seq) +
           ": the lines before it are missing, and no file was begun here";
  }
  newest_ = Link{line.link.seq - 1, own_member(line, "prev")};
  note(report_.lines, "goes on from line number " + number(newest_->seq) +
                          " of an earlier file, whose digest is " + newest_->digest);
  return {};
}

// What is wrong with the line at its place; empty: nothing.
std::string Verifier::misplaced(const SealedLine& line) {
  if (!newest_) return begins(line);
  const std::uint64_t due = newest_->seq + 1;
  if (line.link.seq < due) {
    return "has the number " + number(line.link.seq) + ", but " + number(due) +
           " is due: repeated or put elsewhere";
  }
  if (line.link.seq > due) {
    return "has the number " + number(line.link.seq) + ", but " + number(due) +
           " is due: lines before it were removed or put elsewhere";
  }
  return {};
}

Status Verifier::judge_sealed(const SealedLine& line) {
  if (report_.first.seq == 0) report_.first = line.link;
  const bool begins_here = !newest_;
  std::string wrong = misplaced(line);
  if (wrong.empty()) {
    const Result<bool> follows = chain_.follows(line, newest_.value_or(Link()).digest);
    if (!follows.ok()) return follows.status();
    if (!*follows) {
      wrong =
          "does not match its digest: it or the line before it was changed, or another "
          "log.audit_key was in force";
    } else if (was_keyed_ && !line.keyed) {
      wrong = "is not keyed, but the lines before it are";
    }
  }
  const bool gap = newest_ && line.link.seq > newest_->seq + 1;
  const bool explained = gap && stray_;  // By the line that is none any more.
  settle_stray(line, wrong.empty());
  if (!wrong.empty() && !explained) fault(report_.lines, std::move(wrong));
  if (newest_ && !begins_here && line.link.seq <= newest_->seq)
    return {};  // What is due stays due.
  if (chain_.keyed() && !line.keyed && !was_keyed_ && report_.unkeyed == 0) {
    fault(
        report_.lines,
        "is not keyed, though a key was given: anyone who could write to the file could have made "
        "it; what was written before there was a key is verified without one");
  }
  was_keyed_ = was_keyed_ || line.keyed;
  ++(line.keyed ? report_.keyed : report_.unkeyed);
  newest_ = line.link;
  report_.last = line.link;
  return {};
}

void Verifier::find(Finding finding) {
  if (finding.fault) report_.intact = false;
  if (report_.findings.size() < kMostFindings) report_.findings.push_back(std::move(finding));
}

Result<Report> verify(int descriptor, const Chain& chain) {
  Verifier verifier(chain);
  std::array<char, 65'536> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Status(Code::kInvalid,
                    "the audit log cannot be read: " + std::generic_category().message(errno));
    }
    if (got == 0) break;
    const Status added = verifier.add({buffer.data(), static_cast<std::size_t>(got)});
    if (!added.ok()) return added;
  }
  if (Status ended = verifier.end(); !ended.ok()) return ended;
  return verifier.report();
}

}  // namespace securechat::audit
