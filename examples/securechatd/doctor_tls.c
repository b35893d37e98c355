/* The certificate and its key, as clients will see them. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "doctor.h"

enum { SOON_DAYS = 30, DAY_SECONDS = 86400, LEAST_RSA_BITS = 2048, TEXT_SIZE = 256 };

/* OpenSSL would ask whoever sits at the terminal. */
static int no_passphrase(char* buffer, int size, int writes, void* data) {
  (void)buffer;
  (void)size;
  (void)writes;
  (void)data;
  return -1;
}

/* The first certificate of tls.cert, which is the server's own, and how many the file holds. NULL
 * when there is none; check_tls_expiry says so. */
static X509* read_certificate(const struct doctor* doctor, int* count) {
  char* path = doctor_text(doctor, "tls.cert");
  FILE* file = path == NULL || *path == '\0' ? NULL : fopen(path, "re");
  X509* first = NULL;
  X509* next;
  *count = 0;
  free(path);
  if (file == NULL) return NULL;
  while ((next = PEM_read_X509(file, NULL, no_passphrase, NULL)) != NULL) {
    if (first == NULL) {
      first = next;
    } else {
      X509_free(next);
    }
    ++*count;
  }
  fclose(file);
  return first;
}

static long days_until(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, NULL, time) != 1) return 0;
  return seconds < 0 && days == 0 ? -1 : days;
}

void check_tls_expiry(struct doctor* doctor) {
  int count = 0;
  X509* certificate;
  long days;
  if (!doctor_is_set(doctor, "tls.cert")) return;
  certificate = read_certificate(doctor, &count);
  if (certificate == NULL) {
    doctor_find(doctor, "the server does not start without it",
                "name a PEM file that this user may read in tls.cert",
                "tls.cert holds no certificate that can be read");
    return;
  }
  days = days_until(X509_get0_notAfter(certificate));
  if (days < 0) {
    doctor_find(doctor, "no client connects any more", "renew it, then send SIGHUP or restart",
                "the certificate of tls.cert has expired");
  } else if (days < SOON_DAYS) {
    doctor_find(doctor, "from then on no client connects",
                "renew it, then send SIGHUP or restart; let something renew it by itself",
                "the certificate of tls.cert expires in %ld days", days);
  }
  if (days_until(X509_get0_notBefore(certificate)) > 0) {
    doctor_find(doctor, "no client connects before that", "look at the clock of this machine",
                "the certificate of tls.cert is not valid yet");
  }
  X509_free(certificate);
}

static void look_at_origin(struct doctor* doctor, const char* origin) {
  char host[TEXT_SIZE];
  int count = 0;
  X509* certificate;
  doctor_host_of(origin, host, sizeof host);
  if (strncmp(origin, "https://", 8) != 0) return;
  certificate = read_certificate(doctor, &count);
  if (certificate != NULL && X509_check_host(certificate, host, 0, 0, NULL) != 1 &&
      X509_check_ip_asc(certificate, host, 0) != 1) {
    doctor_find(doctor,
                "a page of that origin that connects to its own host is told that the server is "
                "not who it says",
                "get a certificate that names it; ignore this when that page connects to another "
                "name",
                "the certificate of tls.cert does not cover %s of origin.allowed", host);
  }
  X509_free(certificate);
}

void check_tls_names(struct doctor* doctor) {
  doctor_each(doctor, "origin.allowed", look_at_origin);
}

void check_tls_chain(struct doctor* doctor) {
  int count = 0;
  X509* certificate = read_certificate(doctor, &count);
  if (certificate == NULL) return;
  if (X509_check_issued(certificate, certificate) == X509_V_OK) {
    doctor_find(doctor, "browsers and other clients refuse it unless each is told to trust it",
                "use one of an authority that clients know",
                "the certificate of tls.cert is signed by itself");
  } else if (count < 2) {
    doctor_find(doctor,
                "clients that do not know the issuer by chance refuse it; a root that clients have "
                "signs hardly any server itself",
                "name the file with the whole chain (fullchain.pem), the server's first",
                "tls.cert holds one certificate and none of its issuer");
  }
  X509_free(certificate);
}

static EVP_PKEY* read_key(struct doctor* doctor, const char* path) {
  struct stat about;
  EVP_PKEY* key = NULL;
  FILE* file = fopen(path, "re");
  if (file == NULL) {
    doctor_find(doctor, "the server does not start without it",
                "let the user of the server read it, and nobody else", "tls.key %s: %s", path,
                strerror(errno));
    return NULL;
  }
  if (fstat(fileno(file), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    doctor_find(doctor, "who has the key is the server for every client",
                "chmod 600 the file, and make a new key if others may have read it",
                "tls.key %s may be used by others (mode %03o)", path,
                (unsigned)(about.st_mode & 0777));
  }
  key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
  fclose(file);
  if (key == NULL) {
    doctor_find(
        doctor, "the server does not start without its key, and asks nobody for a passphrase",
        "name the key's PEM file; one with a passphrase becomes one without by: openssl pkey "
        "-in FILE -out NEW, then chmod 600 NEW",
        "tls.key %s holds no private key that can be read: it has a passphrase, or is no PEM",
        path);
  }
  return key;
}

void check_tls_key(struct doctor* doctor) {
  char* path = doctor_text(doctor, "tls.key");
  int count = 0;
  X509* certificate;
  EVP_PKEY* key;
  if (path == NULL || *path == '\0') {
    free(path);
    return;
  }
  certificate = read_certificate(doctor, &count);
  key = read_key(doctor, path);
  if (key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_bits(key) < LEAST_RSA_BITS) {
    doctor_find(doctor, "keys of that size have been broken, and clients refuse them",
                "make one of P-256, or RSA of 2048 bits or more",
                "tls.key is an RSA key of %d bits", EVP_PKEY_bits(key));
  }
  if (key != NULL && certificate != NULL && X509_check_private_key(certificate, key) != 1) {
    doctor_find(doctor, "no handshake succeeds", "name the pair that belongs together",
                "tls.key is not the key of tls.cert");
  }
  EVP_PKEY_free(key);
  X509_free(certificate);
  free(path);
}
