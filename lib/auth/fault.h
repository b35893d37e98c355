#pragma once

namespace securechat::auth {

// Every way in which authentication can refuse, in one closed list: what a peer is told comes from
// a table indexed by it (server/http_routes.cc, auth/filter_chain.cc), never from an error's text.
enum class Fault {
  kNone,
  kInvalidEmail,
  kPasswordTooShort,
  kPasswordNeedsCase,
  kPasswordNeedsNumber,
  kPasswordUnder15,  // These three: the modern policy.
  kPasswordCommon,
  kPasswordNamesOwner,
  kPasswordTooLong,
  kPasswordInvalid,
  kInvalidUsername,
  kEmailExists,
  kUsernameExists,
  kRegistrationPending,  // No refusal: the host tells the owner of the address what came of it.
  kInvalidCredentials,
  kUnauthorized,  // No valid bearer.
  kNoToken,
  kTokenExpired,     // A good signature that has expired.
  kTokenReused,      // A refresh token whose successor was used.
  kTooManyAttempts,  // Refreshes of one session.
  kLoginThrottled,   // Too many failed logins in a row.
  kTokenInvalid,     // Any other fault of a token, a revoked session, a disabled user.
  kInvalidOrigin,
  kTooManyConnections,
  kCsrfFailed,
  kForbidden,  // A host filter's verdict.
  kInvalidNamespace,
  kBusy,      // The hashing or storage queue is full.
  kInternal,  // Storage failed; the log says why.
};

}  // namespace securechat::auth
