#include "net/peer_certificate.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "base/digest.h"
#include "base/text.h"

namespace securechat::net {

namespace {

// Any ASN.1 string as UTF-8; empty when it is none.
std::string utf8_of(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  if (size < 0) return {};
  std::string utf8(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return utf8;
}

std::string common_name_of(const X509_NAME* subject) {
  int last = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, next)) >= 0;) {
    last = next;
  }
  if (last < 0) return {};
  return utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

std::string email_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL) return utf8_of(name->d.rfc822Name);
  }
  return {};
}

// A name behind its length, so that two of them are read in one way only.
bool append_name(std::string& text, const X509_NAME* name) {
  const unsigned char* encoded = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(name, &encoded, &size) != 1) return false;
  text.append(std::to_string(size)).append(":");
  text.append(reinterpret_cast<const char*>(encoded), size);
  return true;
}

// Two authorities may sign the same subject for two people.
std::string digest_of(const X509* certificate) {
  std::string names;
  if (!append_name(names, X509_get_issuer_name(certificate)) ||
      !append_name(names, X509_get_subject_name(certificate))) {
    return {};
  }
  const Result<std::string> digest = sha256(names);
  return digest.ok() ? hex_encode(*digest) : std::string();
}

}  // namespace

std::optional<PeerCertificate> peer_certificate(ssl_st* connection) {
  const X509* const certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  std::tm end = {};
  PeerCertificate peer{common_name_of(subject), email_of(certificate), digest_of(certificate), 0};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
    peer.expires_at_s = ::timegm(&end);
  ERR_clear_error();
  if (peer.digest.empty() || peer.expires_at_s == 0) return std::nullopt;
  return peer;
}

}  // namespace securechat::net
