#include "net/wake_descriptor.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace securechat::net {

namespace {

constexpr bool kIsForgotten = LWS_LIBRARY_VERSION_NUMBER >= 4'002'000;

bool is_eventfd(const std::string& path) {
  std::array<char, 64> target;
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return size > 0 &&
         std::string_view(target.data(), static_cast<std::size_t>(size)) == "anon_inode:[eventfd]";
}

std::vector<int> eventfds_of_the_process() {
  std::vector<int> found;
  const std::string folder = "/proc/self/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return found;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    int descriptor = -1;
    if (is_eventfd(folder + "/" + entry->d_name) &&
        std::from_chars(name.data(), name.data() + name.size(), descriptor).ec == std::errc()) {
      found.push_back(descriptor);
    }
  }
  return found;
}

}  // namespace

std::optional<WakeDescriptor::Eventfd> WakeDescriptor::look_at(int descriptor) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(descriptor));
  Eventfd seen{descriptor, 0, 0};
  bool has_id = false;
  bool has_count = false;
  for (std::string name; info >> name;) {
    if (name == "eventfd-count:") {
      has_count = static_cast<bool>(info >> std::hex >> seen.count >> std::dec);
    } else if (name == "eventfd-id:") {
      has_id = static_cast<bool>(info >> seen.id);
    }
  }
  return has_id && has_count ? std::optional(seen) : std::nullopt;
}

void WakeDescriptor::find(lws_context& context) {
  std::vector<Eventfd> candidates;
  for (const int descriptor : eventfds_of_the_process()) {
    if (const auto seen = look_at(descriptor)) candidates.push_back(*seen);
  }
  for (const std::uint64_t times : {1U, 3U, 2U}) {
    for (std::uint64_t i = 0; i < times; ++i) lws_cancel_service(&context);
    std::vector<Eventfd> followed;
    for (const Eventfd& before : candidates) {
      const auto now = look_at(before.descriptor);
      if (now && now->id == before.id && now->count == before.count + times) {
        followed.push_back(*now);
      }
    }
    candidates = std::move(followed);
  }
  if (candidates.size() == 1) found_ = candidates.front();
}

void WakeDescriptor::keep_number_taken() {
  if (kIsForgotten || !found_) return;
  const int wanted = std::exchange(found_, std::nullopt)->descriptor;
  const int any = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (any < 0 || any == wanted) return;
  const int next = ::fcntl(any, F_DUPFD_CLOEXEC, wanted);
  if (next >= 0 && next != wanted) ::close(next);
  ::close(any);
}

void WakeDescriptor::close_leftover() {
  if (!kIsForgotten || !found_) return;
  const auto now = look_at(found_->descriptor);
  if (now && now->id == found_->id) ::close(found_->descriptor);
  found_.reset();
}

}  // namespace securechat::net
