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

constexpr std::string_view kAskAgain = "no-cache";
constexpr std::string_view kBundleCaching = "public, max-age=0";  // The reference's own words.

Status unreadable(std::string_view option, const std::string& path, std::string_view why) {
  return {Code::kInvalid, std::string(option) + ": cannot read " + path + " (" + std::string(why) +
                              "); name a folder that this user may read"};
}

Result<std::string> read_file(std::string_view option, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string body((std::istreambuf_iterator<char>(file)), {});
  if (!file.good() && !file.eof()) return unreadable(option, path.string(), "read failed");
  return body;
}

// If-None-Match compares weakly (RFC 9110, section 13.1.2): a proxy that compressed the file has
// marked its tag with W/ since.
bool lists_tag(std::string_view list, std::string_view etag) {
  if (trim_ascii(list) == "*") return true;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view tag = trim_ascii(list.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

bool is_bundle_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("socket.io.") && (name.ends_with(".js") || name.ends_with(".js.map"));
}

}  // namespace

Status StaticFiles::load(const std::string& folder) {
  constexpr std::string_view kOption = "http.static_dir";
  std::error_code error;
  if (!fs::is_directory(folder, error)) return unreadable(kOption, folder, "not a folder");
  std::size_t total = 0;
  fs::recursive_directory_iterator entry(folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) {
      if (entry->is_directory(error)) entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) continue;
    Result<std::string> body = read_file(kOption, entry->path());
    if (!body.ok()) return body.status();
    total += body->size();
    if (total > kLargestTotal) return unreadable(kOption, folder, "more than 64 MiB");
    const std::string path = "/" + fs::relative(entry->path(), folder, error).generic_string();
    add(path, std::string(media_type(entry->path())), std::move(*body));
  }
  if (error) return unreadable(kOption, folder, error.message());
  return {};
}

Status StaticFiles::load_client_bundle(const std::string& folder, const std::string& prefix) {
  constexpr std::string_view kOption = "engine.client_dir";
  std::error_code error;
  if (!fs::is_directory(folder, error)) return unreadable(kOption, folder, "not a folder");
  if (!fs::is_regular_file(fs::path(folder) / "socket.io.js", error)) {
    if (error == std::errc::permission_denied) return unreadable(kOption, folder, error.message());
    return {Code::kInvalid, std::string(kOption) + ": there is no socket.io.js in " + folder +
                                "; name the folder dist of npm's package socket.io-client"};
  }
  const std::string base = prefix.ends_with('/') ? prefix : prefix + "/";
  fs::directory_iterator entry(folder, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (!is_bundle_file(entry->path()) || !entry->is_regular_file(error)) continue;
    Result<std::string> body = read_file(kOption, entry->path());
    if (!body.ok()) return body.status();
    const bool map = entry->path().extension() == ".map";
    insert(base + entry->path().filename().string(),
           map ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8",
           std::move(*body), kBundleCaching);
  }
  if (error) return unreadable(kOption, folder, error.message());
  return {};
}

void StaticFiles::add(std::string path, std::string content_type, std::string body) {
  insert(std::move(path), std::move(content_type), std::move(body), kAskAgain);
}

void StaticFiles::insert(std::string path, std::string content_type, std::string body,
                         std::string_view cache_control) {
  const Result<std::string> digest = sha256(body);
  std::string etag = digest.ok() ? "\"" + hex_encode(digest->substr(0, 16)) + "\"" : std::string();
  files_.insert_or_assign(std::move(path), File{std::move(content_type), std::move(body),
                                                std::move(etag), cache_control});
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
  response.headers = {{"Cache-Control", std::string(file->cache_control)}, {"ETag", file->etag}};
  if (!file->etag.empty() && lists_tag(head.header("if-none-match").value_or(""), file->etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = file->content_type;
  response.body = file->body;
  return response;
}

}  // namespace securechat::server
