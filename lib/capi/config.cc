#include "securechat/config.h"

#include <string>
#include <string_view>
#include <vector>

#include "capi/boundary.h"
#include "server/config_values.h"
#include "server/options.h"

namespace {

using namespace securechat;
using namespace securechat::capi;

// A row of the table as C sees it, with the texts that are made for it.
struct Description {
  std::string key, default_value, environment, help;
  std::string_view type;

  explicit Description(const server::Option& option)
      : key(option.key),
        default_value(option.default_value),
        environment(option.environment.empty() ? server::prefixed_environment(option)
                                               : std::string(option.environment)),
        help(option.help),
        type(server::type_name(option.type)) {
    using enum server::OptionType;
    switch (option.type) {
      case kInteger:
      case kDuration:
      case kChoice:
      case kFlag:
        help += " Takes " + server::accepted_values(option) + ".";
        break;
      default:
        break;
    }
    if (!option.has_effect) help += " Accepted, but without effect in this version.";
  }
};

class Table {
 public:
  Table() {
    texts_.reserve(server::option_table().size());
    for (const server::Option& option : server::option_table()) {
      const Description& text = texts_.emplace_back(option);
      rows_.push_back({sizeof(securechat_option), 0, text.key.c_str(), text.type.data(),
                       text.default_value.c_str(), text.environment.c_str(), text.help.c_str()});
    }
  }
  [[nodiscard]] const std::vector<securechat_option>& rows() const { return rows_; }

 private:
  std::vector<Description> texts_;
  std::vector<securechat_option> rows_;
};

}  // namespace

securechat_config* securechat_config_new(void) {
  securechat_config* made = nullptr;
  guard([&made] {
    made = std::make_unique<securechat_config>().release();
    return Status();
  });
  return made;
}

securechat_status securechat_config_set(securechat_config* config, const char* key,
                                        const char* value) {
  return guard([=] {
    if (Status s = check(config); !s.ok()) return s;
    if (Status s = check_text(key, "the key"); !s.ok()) return s;
    if (value == nullptr) return Status(Code::kInvalid, std::string(key) + ": the value is NULL");
    return config->config.set(key, value);
  });
}

securechat_status securechat_config_get(const securechat_config* config, const char* key,
                                        char** out) {
  return guard([=] {
    if (Status s = prepare(out); !s.ok()) return s;
    if (Status s = check(config); !s.ok()) return s;
    if (Status s = check_text(key, "the key"); !s.ok()) return s;
    return give(out, config->config.get(key));
  });
}

securechat_status securechat_config_load_file(securechat_config* config, const char* path) {
  return guard([=] {
    if (Status s = check(config); !s.ok()) return s;
    if (path == nullptr) return Status(Code::kInvalid, "the path is NULL");
    return config->config.load_file(path);
  });
}

securechat_status securechat_config_load_env(securechat_config* config, const char* env_file) {
  return guard([=] {
    if (Status s = check(config); !s.ok()) return s;
    return env_file == nullptr ? config->config.load_environment()
                               : config->config.load_env_file(env_file);
  });
}

securechat_status securechat_config_describe(size_t index, const securechat_option** out) {
  return guard([=] {
    if (Status s = prepare(out); !s.ok()) return s;
    static const Table table;
    if (index >= table.rows().size()) return Status(Code::kNotFound, "there are no more options");
    *out = &table.rows()[index];
    return Status();
  });
}

void securechat_config_free(securechat_config* config) {
  if (config == nullptr || !check(config).ok()) return;
  config->tag = 0;
  const std::unique_ptr<securechat_config> owned(config);
}
