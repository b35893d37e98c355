#include "server/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "server/http_answers.h"

namespace securechat::server {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kLargestTotal = 64 * 1024 * 1024;

struct MediaType {
  std::string_view extension;
  std::string_view type;
};

constexpr std::array kMediaTypes{
    MediaType{".html", "text/html; charset=utf-8"},
    MediaType{".css", "text/css; charset=utf-8"},
    MediaType{".js", "text/javascript; charset=utf-8"},
    MediaType{".mjs", "text/javascript; charset=utf-8"},
    MediaType{".json", "application/json; charset=utf-8"},
    MediaType{".map", "application/json; charset=utf-8"},
    MediaType{".txt", "text/plain; charset=utf-8"},
    MediaType{".svg", "image/svg+xml"},
    MediaType{".png", "image/png"},
    MediaType{".jpg", "image/jpeg"},
    MediaType{".webp", "image/webp"},
    MediaType{".ico", "image/x-icon"},
    MediaType{".woff2", "font/woff2"},
    MediaType{".wasm", "application/wasm"},
    MediaType{".webmanifest", "application/manifest+json"},
};

std::string_view media_type(const fs::path& path) {
  const std::string extension = ascii_lower(path.extension().string());
  const auto found =
      std::find_if(kMediaTypes.begin(), kMediaTypes.end(),
                   [&extension](const MediaType& row) { return row.extension == extension; });
  return found == kMediaTypes.end() ? "application/octet-stream" : found->type;
}

Status unreadable(const std::string& path, std::string_view why) {
  return {Code::kInvalid, "http.static_dir: cannot read " + path + " (" + std::string(why) +
                              "); name a folder that this user may read"};
}

}  // namespace

Status StaticFiles::load(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return unreadable(folder, "not a folder");
  std::size_t total = 0;
  fs::recursive_directory_iterator entry(folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) {
      if (entry->is_directory(error)) entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) continue;
    std::ifstream file(entry->path(), std::ios::binary);
    std::string body((std::istreambuf_iterator<char>(file)), {});
    if (!file.good() && !file.eof()) return unreadable(entry->path().string(), "read failed");
    total += body.size();
    if (total > kLargestTotal) return unreadable(folder, "more than 64 MiB");
    const std::string path = "/" + fs::relative(entry->path(), folder, error).generic_string();
    add(path, std::string(media_type(entry->path())), std::move(body));
  }
  if (error) return unreadable(folder, error.message());
  return {};
}

void StaticFiles::add(std::string path, std::string content_type, std::string body) {
  const Result<std::string> digest = sha256(body);
  std::string etag = digest.ok() ? "\"" + hex_encode(digest->substr(0, 16)) + "\"" : std::string();
  files_.insert_or_assign(std::move(path),
                          File{std::move(content_type), std::move(body), std::move(etag)});
}

const StaticFiles::File* StaticFiles::find(std::string_view path) const {
  auto found = files_.find(path);
  if (found == files_.end() && path.ends_with('/')) {
    found = files_.find(std::string(path) + "index.html");
  }
  return found == files_.end() ? nullptr : &found->second;
}

net::HttpResponse StaticFiles::answer(const net::RequestHead& head) const {
  const File* file = find(head.path);
  if (file == nullptr) return status_answer(404);
  net::HttpResponse response;
  response.headers = {{"Cache-Control", "no-cache"}, {"ETag", file->etag}};
  if (!file->etag.empty() && head.header("if-none-match") == std::string_view(file->etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = file->content_type;
  response.body = file->body;
  return response;
}

}  // namespace securechat::server
