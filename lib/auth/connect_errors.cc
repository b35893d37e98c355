// What a peer on a connection hears of a fault: a closed list, never an error's own text.
#include "auth/filter_chain.h"

namespace securechat::auth {

std::string_view connect_error_message(Fault fault) {
  switch (fault) {
    case Fault::kInvalidNamespace:
      return "Invalid namespace";
    case Fault::kBusy:
      return "Server busy";
    case Fault::kInternal:
      return "Internal error";
    default:
      return connect_error_code(fault);
  }
}

std::string_view connect_error_code(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "";
    case Fault::kNoToken:
      return "NO_TOKEN";
    case Fault::kTokenExpired:
      return "TOKEN_EXPIRED";
    case Fault::kInvalidOrigin:
      return "INVALID_ORIGIN";
    case Fault::kTooManyConnections:
      return "TOO_MANY_CONNECTIONS";
    case Fault::kCsrfFailed:
      return "CSRF_FAILED";
    case Fault::kForbidden:
      return "FORBIDDEN";
    case Fault::kInvalidNamespace:
      return "INVALID_NAMESPACE";
    case Fault::kBusy:
      return "BUSY";
    case Fault::kInternal:
      return "INTERNAL";
    default:
      return "AUTH_FAILED";
  }
}

}  // namespace securechat::auth
