#include "net/tls_identity.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "net/server.h"
#include "net/tls_client.h"

namespace securechat::net {
namespace {

TlsOptions files_of(const Certificate& certificate) {
  TlsOptions tls;
  tls.cert_path = certificate.cert();
  tls.key_path = certificate.key();
  return tls;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string fault_of(const TlsOptions& tls) {
  const auto loaded = TlsIdentity::load(tls);
  EXPECT_EQ(loaded.code(), Code::kTls);
  return std::string(loaded.message());
}

// The key of a certificate that signs, from its file.
EVP_PKEY* key_of(const Certificate& certificate) {
  std::FILE* file = std::fopen(certificate.key().c_str(), "r");
  EVP_PKEY* key = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  return key;
}

// Appends a list by `certificate` that revokes `serial` to the file.
void append_revocation(const Certificate& certificate, long serial, const std::string& path) {
  std::FILE* file = std::fopen(certificate.cert().c_str(), "r");
  X509* issuer = PEM_read_X509(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  EVP_PKEY* key = key_of(certificate);
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, 1);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer));
  ASN1_TIME* time = X509_gmtime_adj(nullptr, -60);
  X509_CRL_set1_lastUpdate(list, time);
  X509_gmtime_adj(time, 3'600);
  X509_CRL_set1_nextUpdate(list, time);
  X509_REVOKED* entry = X509_REVOKED_new();
  ASN1_INTEGER* number = ASN1_INTEGER_new();
  ASN1_INTEGER_set(number, serial);
  X509_REVOKED_set_serialNumber(entry, number);
  X509_REVOKED_set_revocationDate(entry, X509_get_notBefore(issuer));
  X509_CRL_add0_revoked(list, entry);
  X509_CRL_sign(list, key, EVP_sha256());
  file = std::fopen(path.c_str(), "a");
  PEM_write_X509_CRL(file, list);
  std::fclose(file);
  ASN1_INTEGER_free(number);
  ASN1_TIME_free(time);
  X509_CRL_free(list);
  EVP_PKEY_free(key);
  X509_free(issuer);
}

class TlsReload : public testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }
  static void TearDownTestSuite() { ::signal(SIGPIPE, SIG_DFL); }
  LoopOptions options(const TlsOptions& tls) {
    LoopOptions options;
    options.force_poll = GetParam();
    options.tls = tls;
    return options;
  }
  static void take(Server& server, const TlsOptions& tls) {
    const auto identity = TlsIdentity::load(tls);
    ASSERT_TRUE(identity.ok()) << identity.message();
    server.run([&](Loop& loop) { loop.set_tls_identity(*identity); });
  }
};

INSTANTIATE_TEST_SUITE_P(Loops, TlsReload, testing::Values(false, true),
                         [](const auto& loop) { return loop.param ? "Poll" : "Libuv"; });

// An RSA certificate after one of a curve, and back: nothing of the one before is presented.
// Shows: R76
TEST_P(TlsReload, NewConnectionsSeeTheNewCertificateAndOldOnesLiveOn) {
  const Certificate first(EVP_EC_gen("P-256"), 1);
  const Certificate second(EVP_RSA_gen(2'048), 2);
  Server server(options(files_of(first)));
  TlsClient before(server.port());
  EXPECT_EQ(before.serial(), 1);
  ASSERT_EQ(before.upgrade("/ws").status, 101);
  take(server, files_of(second));
  TlsClient after(server.port());
  EXPECT_EQ(after.serial(), 2);
  EXPECT_EQ(after.get("/hello").body, "hello");
  EXPECT_EQ(TlsClient(server.port(), TLS1_2_VERSION).serial(), 2);
  EXPECT_TRUE(before.send_text("still here"));
  EXPECT_EQ(before.read_message()->payload, "still here");
  take(server, files_of(first));
  EXPECT_EQ(TlsClient(server.port()).serial(), 1);
}

TEST_P(TlsReload, SessionsAreResumedUntilTheNextReload) {
  const Certificate certificate;
  Server server(options(files_of(certificate)));
  TlsClient client(server.port());
  EXPECT_EQ(client.get("/hello").body, "hello");
  const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(client.session(),
                                                                          SSL_SESSION_free);
  EXPECT_TRUE(TlsClient(server.port(), TLS1_3_VERSION, "", nullptr, 0, session.get()).resumed());
  take(server, files_of(certificate));
  TlsClient again(server.port(), TLS1_3_VERSION, "", nullptr, 0, session.get());
  EXPECT_FALSE(again.resumed());
  EXPECT_EQ(again.get("/hello").body, "hello");
}

// A ticket of TLS 1.2 holds the keys of its connection, under a key that lives long.
// Shows: R73
TEST_P(TlsReload, Tls12IsGivenNoTicket) {
  const Certificate certificate;
  Server server(options(files_of(certificate)));
  const auto session_of = [&](int version) {
    TlsClient client(server.port(), version);
    EXPECT_EQ(client.get("/hello").body, "hello");
    return std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>(client.session(),
                                                                     SSL_SESSION_free);
  };
  EXPECT_EQ(SSL_SESSION_has_ticket(session_of(TLS1_3_VERSION).get()), 1);
  const auto old = session_of(TLS1_2_VERSION);
  EXPECT_EQ(SSL_SESSION_has_ticket(old.get()), 0);
  TlsClient again(server.port(), TLS1_2_VERSION, "", nullptr, 0, old.get());
  EXPECT_FALSE(again.resumed());
  EXPECT_EQ(again.get("/hello").body, "hello");
}

// Who has a session from when nobody was asked is asked now, and nobody is let in by a session.
// Shows: R73
TEST_P(TlsReload, ClientCertificatesAreAskedForFromTheReloadOn) {
  const Certificate certificate;
  TlsOptions mutual = files_of(certificate);
  mutual.client_ca_path = certificate.cert();
  Server server(options(files_of(certificate)));
  TlsClient client(server.port());
  EXPECT_EQ(client.get("/hello").body, "hello");
  const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(client.session(),
                                                                          SSL_SESSION_free);
  take(server, mutual);
  TlsClient without(server.port(), TLS1_3_VERSION, "", nullptr, 0, session.get());
  EXPECT_FALSE(without.resumed());
  without.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(without.read_answer().status, 0);
  TlsClient known(server.port(), TLS1_3_VERSION, "", &certificate);
  EXPECT_EQ(known.get("/hello").body, "hello");
  const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> shown(known.session(),
                                                                        SSL_SESSION_free);
  TlsClient lazy(server.port(), TLS1_3_VERSION, "", nullptr, 0, shown.get());
  lazy.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(lazy.read_answer().status, 0);
  take(server, files_of(certificate));
  EXPECT_EQ(TlsClient(server.port()).get("/hello").body, "hello");
}

TEST_P(TlsReload, ARevokedClientIsRefused) {
  const Certificate certificate(EVP_EC_gen("P-256"), 7);
  const std::string path = certificate.cert() + ".ca";
  std::ofstream(path) << text_of(certificate.cert());
  append_revocation(certificate, 8, path);
  TlsOptions mutual = files_of(certificate);
  mutual.client_ca_path = path;
  Server server(options(mutual));
  EXPECT_EQ(TlsClient(server.port(), TLS1_3_VERSION, "", &certificate).get("/hello").body, "hello");
  std::ofstream(path) << text_of(certificate.cert());
  append_revocation(certificate, 7, path);
  take(server, mutual);
  TlsClient revoked(server.port(), TLS1_3_VERSION, "", &certificate);
  revoked.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(revoked.read_answer().status, 0);
  ::unlink(path.c_str());
}

// Shows: R73
TEST_P(TlsReload, AKeptConnectionEndsWhereOthersAreVerifiedFromNowOn) {
  const Certificate certificate(EVP_EC_gen("P-256"), 7);
  const std::string path = certificate.cert() + ".ca";
  std::ofstream(path) << text_of(certificate.cert());
  TlsOptions mutual = files_of(certificate);
  mutual.client_ca_path = path;
  Server server(options(mutual));
  TlsClient kept(server.port(), TLS1_3_VERSION, "", &certificate);
  TlsClient silent(server.port(), TLS1_3_VERSION, "", &certificate);
  TlsClient socket(server.port(), TLS1_3_VERSION, "", &certificate);
  EXPECT_EQ(kept.get("/hello").body, "hello");
  ASSERT_EQ(socket.upgrade("/ws").status, 101);
  take(server, mutual);
  EXPECT_EQ(kept.get("/hello").body, "hello") << "nothing changed";
  append_revocation(certificate, 7, path);
  take(server, mutual);
  for (TlsClient* client : {&kept, &silent}) {
    client->send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client->read_answer().status, 0);
  }
  EXPECT_TRUE(socket.send_text("whoever judged it ends it"));
  EXPECT_EQ(socket.read_message()->payload, "whoever judged it ends it");
  ::unlink(path.c_str());
}

TEST_P(TlsReload, ACertificateSaysWhoTheClientIs) {
  const Certificate own;
  const Certificate bot(EVP_EC_gen("P-256"), 1, "Wärter", "bot@example.com");
  const Certificate renewed(EVP_EC_gen("P-256"), 2, "Wärter", "other@example.com");
  const Certificate bare(EVP_EC_gen("P-256"), 3, "Other");
  const std::string path = own.cert() + ".ca";
  std::ofstream(path) << text_of(bot.cert()) << text_of(bare.cert());
  TlsOptions mutual = files_of(own);
  mutual.client_ca_path = path;
  Server server(options(mutual));
  const auto head_of = [&](const Certificate& certificate) {
    return TlsClient(server.port(), TLS1_3_VERSION, "", &certificate).get("/head").body;
  };
  const std::string known = head_of(bot);
  EXPECT_NE(known.find("certificate=Wärter bot@example.com "), std::string::npos) << known;
  const auto digest_of = [](const std::string& head) {
    return head.substr(head.find("example.com ") + 12, 64);
  };
  EXPECT_NE(head_of(bare).find("certificate=Other  "), std::string::npos);
  EXPECT_EQ(head_of(bare).find(digest_of(known)), std::string::npos);
  std::ofstream(path) << text_of(renewed.cert());
  take(server, mutual);
  EXPECT_EQ(digest_of(head_of(renewed)), digest_of(known));
  ::unlink(path.c_str());
}

// libwebsockets 4.1 loses a little of one TLS context when it closes it beside another one, hence a
// test of its own.
TEST_P(TlsReload, WhereNobodyIsAskedACertificateSaysNothing) {
  const Certificate own;
  const Certificate bot(EVP_EC_gen("P-256"), 1, "bot");
  Server open(options(files_of(own)));
  EXPECT_EQ(TlsClient(open.port(), TLS1_3_VERSION, "", &bot).get("/head").body.find("certificate="),
            std::string::npos);
}

// Shows: R75
TEST_P(TlsReload, WhoIsNotAdmittedIsClosedAtOnce) {
  const Certificate certificate;
  LoopOptions closed = options(files_of(certificate));
  bool admitted = false;
  closed.admits = [&](const IpAddress&) {
    return admitted;
  };
  Server server(closed);
  EXPECT_TRUE(RawClient(server.port()).closed_by_peer());
  server.run([&](Loop&) { admitted = true; });
  EXPECT_EQ(TlsClient(server.port()).get("/hello").body, "hello");
}

// One client of a proxy would close all the others out.
TEST_P(TlsReload, OfASharedAddressNobodyAsksWhetherItIsAdmitted) {
  const Certificate certificate;
  LoopOptions closed = options(files_of(certificate));
  closed.admits = [](const IpAddress&) {
    return false;
  };
  closed.limits.shared_addresses = {*Cidr::parse("127.0.0.0/8")};
  Server server(closed);
  EXPECT_EQ(TlsClient(server.port()).get("/hello").body, "hello");
  server.run([](Loop& loop) { loop.set_limits({}); });
  EXPECT_TRUE(RawClient(server.port()).closed_by_peer());
}

// Shows: R73 R76
TEST(TlsIdentity, SaysWhatIsWrongWithWhichFile) {
  const Certificate good;
  const Certificate weak(EVP_RSA_gen(1'024));
  EXPECT_NE(fault_of(files_of(weak)).find("1024 bits are too few"), std::string::npos);

  TlsOptions tls = files_of(good);
  tls.cert_path = good.key();
  EXPECT_NE(fault_of(tls).find("tls.cert"), std::string::npos);
  EXPECT_NE(fault_of(tls).find("no certificate"), std::string::npos);
  tls = files_of(good);
  tls.key_path = weak.key();
  EXPECT_NE(fault_of(tls).find("tls.key"), std::string::npos);
  tls = files_of(good);
  tls.client_ca_path = good.key();
  EXPECT_NE(fault_of(tls).find("tls.client_ca"), std::string::npos);
  tls.client_ca_path = "/nowhere/ca.pem";
  EXPECT_NE(fault_of(tls).find("No such file"), std::string::npos);
}

// OpenSSL would ask at the terminal, in the middle of somebody else's program.
TEST(TlsIdentity, AKeyWithAPassphraseIsRefusedWithoutAsking) {
  const Certificate certificate;
  EVP_PKEY* key = key_of(certificate);
  std::FILE* file = std::fopen(certificate.key().c_str(), "w");
  unsigned char passphrase[] = "passphrase";
  PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), passphrase, 10, nullptr, nullptr);
  std::fclose(file);
  EVP_PKEY_free(key);
  EXPECT_NE(fault_of(files_of(certificate)).find("passphrase"), std::string::npos)
      << fault_of(files_of(certificate));
}

TEST(TlsIdentity, TellsWhenTheCertificateEnds) {
  const Certificate certificate;
  const auto identity = TlsIdentity::load(files_of(certificate));
  ASSERT_TRUE(identity.ok());
  EXPECT_NEAR(static_cast<double>((*identity)->expires_at_s()),
              static_cast<double>(std::time(nullptr) + 3'600), 5);
}

}  // namespace
}  // namespace securechat::net
