#pragma once

#include "base/metrics.h"

namespace securechat::net {

// What one loop counts, on its thread.
struct LoopCounters {
  Counter accepted;            // TCP connections that were taken.
  Counter refused;             // Those over the limit of all or of one address.
  Counter out_of_descriptors;  // Times that accepting rested because there was no descriptor.
  Counter tls_faults;          // TLS handshakes that failed.
  Gauge connections;           // Open, in any state.
  Counter websocket_messages;  // Whole messages that came.
  Gauge outbox_bytes;          // Of WebSockets that did not take all that was written to them.
  Counter frames_dropped;      // What peers that read too slowly did not get (drop-new).
};

}  // namespace securechat::net
