#include "load/process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace securechat::bench {

std::optional<double> cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name in parentheses may hold anything; utime and stime are the 12th and 13th behind it.
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<Memory> memory_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  Memory memory;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t kb = 0;
    fields >> name >> kb;
    if (name == "Pss:") memory.pss_kb = kb;
    if (name == "Rss:") memory.rss_kb = kb;
  }
  if (memory.rss_kb == 0) return std::nullopt;
  return memory;
}

}  // namespace securechat::bench
