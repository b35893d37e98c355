#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/request.h"

namespace securechat::server {

// The files served at "/": held in memory, so that a request never touches the file system and no
// path in a request can leave the folder.
class StaticFiles {
 public:
  // Reads every regular file below `folder`, without hidden ones and symbolic links; at most
  // 64 MiB in all. kInvalid names the option http.static_dir.
  Status load(const std::string& folder);
  // Reads npm's socket.io-client bundle (socket.io.js and its siblings) out of `folder`, to be
  // served below `prefix` as a Socket.IO server does. kInvalid names the option engine.client_dir.
  Status load_client_bundle(const std::string& folder, const std::string& prefix);
  // One file of the host's own; `path` begins with "/". Replaces one of that path.
  void add(std::string path, std::string content_type, std::string body);

  [[nodiscard]] bool empty() const { return files_.empty(); }
  [[nodiscard]] bool contains(std::string_view path) const { return find(path) != nullptr; }
  // The file for a GET or HEAD, 304 when the peer has it; 404 when there is none.
  [[nodiscard]] net::HttpResponse answer(const net::RequestHead& head) const;

 private:
  struct File {
    std::string content_type;
    std::string body;
    std::string etag;
    std::string_view cache_control;
  };
  void insert(std::string path, std::string content_type, std::string body,
              std::string_view cache_control);
  [[nodiscard]] const File* find(std::string_view path) const;

  std::map<std::string, File, std::less<>> files_;
};

}  // namespace securechat::server
