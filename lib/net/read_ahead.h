#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <vector>

namespace securechat::net {

class Peer;

// libwebsockets reads a socket once for each event, and no more than the buffer that it holds for
// every socket. What has come besides is read in the same turn, so that what it causes leaves with
// the same write: the buffers stay small and the writes large.
class ReadAhead {
 public:
  // Of one read: the buffer that libwebsockets is told to make, and LWS_PRE. What people say fits,
  // with what is around it, so that most messages take one read. Of a TLS record libwebsockets 4.3
  // takes a hundred reads for a fault and ends the connection, so that those must hold the longest.
  static constexpr std::size_t kBufferBytes = 192;
  static constexpr std::size_t kReadBytes = kBufferBytes + 16;

  // A part of a message has come from the socket that is being read.
  void took(Peer& peer, std::size_t bytes);
  // Reads on where the last read may have left something, a bounded number of times.
  void run();
  // The peer is not to be touched any more.
  void forget(Peer& peer);

 private:
  Peer* reader_ = nullptr;  // Who took something last, and how much in this read.
  std::size_t taken_ = 0;
  std::vector<Peer*> waiting_;
  std::vector<Peer*> reading_;
};

}  // namespace securechat::net
