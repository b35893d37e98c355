#pragma once

#include "net/request.h"
#include "net/request_guard.h"

struct lws;

namespace securechat::net {

// libwebsockets keeps a request's head in a region of this size and drops the connection without
// a word when it is full. It is twice the limit of the guard, so that a head that is too long gets
// its 431 first.
inline constexpr unsigned kHeadRegionBytes = 16'384;

struct HeadReading {
  RequestHead head;
  HeadFacts facts;
};

// Copies the head of the request that `wsi` has just received. `peer` and `tls` of the head are
// left to the caller.
[[nodiscard]] HeadReading read_head(lws* wsi);

}  // namespace securechat::net
