#include <string>
#include <string_view>

#include "audit/verifier.h"
#include "base/json.h"
#include "base/secret.h"
#include "capi/boundary.h"
#include "securechat/server.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

std::string report_json(const audit::Report& report) {
  std::string text;
  JsonWriter json(text);
  const auto number = [&json](std::string_view key, std::uint64_t value) {
    json.key_text(key).integer(static_cast<std::int64_t>(value));
  };
  json.begin_object().key("intact").boolean(report.intact);
  number("lines", report.lines);
  number("first_seq", report.first.seq);
  number("last_seq", report.last.seq);
  json.key("head").string(report.last.digest);
  number("keyed", report.keyed);
  json.key("findings").begin_array();
  for (const audit::Finding& finding : report.findings) {
    json.begin_object();
    number("line", finding.line);
    json.key("fault").boolean(finding.fault).key("what").string(finding.what).end_object();
  }
  json.end_array().end_object();
  return text;
}

}  // namespace

securechat_status securechat_audit_verify(const securechat_config* config, int fd, char** out) {
  return guard([=] {
    if (Status s = prepare(out); !s.ok()) return s;
    if (Status s = check(config); !s.ok()) return s;
    const Secret key = Secret::take(config->config.text("log.audit_key"));
    const Result<audit::Chain> chain = audit::Chain::create(key.view());
    if (!chain.ok()) return chain.status();
    const Result<audit::Report> report = audit::verify(fd, *chain);
    if (!report.ok()) return report.status();
    give_text(out, report_json(*report));
    return report->intact ? Status() : Status(Code::kDenied, "the audit log is not intact");
  });
}
