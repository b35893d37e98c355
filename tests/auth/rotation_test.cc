// The families of refresh tokens against a model: every sequence of presentations up to a length.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "auth/sessions.h"
#include "auth_fixture.h"

namespace securechat::auth {
namespace {

// What the contract says, in its own words: tokens with the set of those that were used.
class Model {
 public:
  explicit Model(bool strict) : strict_(strict) { tokens_.push_back({-1, false, false}); }

  Fault present(std::size_t index) {
    if (ended_) {
      return Fault::kTokenInvalid;
    }
    Token& token = tokens_[index];
    const bool successor_used = used_child(static_cast<int>(index), -1);
    if (token.used && (strict_ || successor_used)) {
      ended_ = true;
      return Fault::kTokenReused;
    }
    if (token.voided) {
      // It was replaced; when its replacement was used, two hold the family.
      if (used_child(token.parent, static_cast<int>(index))) {
        ended_ = true;
        return Fault::kTokenReused;
      }
      return Fault::kTokenInvalid;
    }
    token.used = true;
    for (Token& other : tokens_) {
      if (other.parent == static_cast<int>(index)) {
        other.voided = true;
      }
    }
    tokens_.push_back({static_cast<int>(index), false, false});
    return Fault::kNone;
  }
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  struct Token {
    int parent;
    bool used;
    bool voided;
  };
  [[nodiscard]] bool used_child(int parent, int except) const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].parent == parent && static_cast<int>(i) != except && tokens_[i].used) {
        return true;
      }
    }
    return false;
  }
  bool strict_;
  bool ended_ = false;
  std::vector<Token> tokens_;
};

class RotationTest : public AuthTest {
 protected:
  void SetUp() override {
    AuthTest::SetUp();
    user_id = sign_up("ada").value.user.id;
  }

  // Plays one sequence in a family of its own and compares every answer with the model's.
  Status play(storage::Stores& stores, const std::vector<std::size_t>& sequence, bool strict) {
    Model model(strict);
    storage::LoginSession session = *new_session_for(stores);
    std::vector<std::string> hashes{hash_of(session.sid, 0)};
    std::vector<std::string> ended;
    Status begun = begin_session(stores, session, hashes[0], 1'000'000, ended);
    for (std::size_t step = 0; begun.ok() && step < sequence.size(); ++step) {
      session = **stores.sessions.find(session.sid);
      const std::string next = hash_of(session.sid, step + 1);
      RotationRequest request;
      request.presented_hash = hashes[sequence[step]];
      request.successor_hash = next;
      request.rotation = strict ? RefreshRotation::kStrict : RefreshRotation::kGrace;
      request.now_ms = clock.unix_ms();
      const Result<Fault> answer = rotate(stores, session, request, ended);
      const Fault expected = model.present(sequence[step]);
      EXPECT_TRUE(answer.ok());
      EXPECT_EQ(*answer, expected) << "step " << step << describe(sequence, strict);
      if (*answer == Fault::kNone) {
        hashes.push_back(next);
      }
      EXPECT_EQ(ended.size(), model.ended() ? 1U : 0U) << describe(sequence, strict);
      EXPECT_EQ((*stores.sessions.find(session.sid))->revoked, model.ended());
    }
    return begun;
  }

  Result<storage::LoginSession> new_session_for(storage::Stores&) {
    storage::LoginSession session;
    session.sid = "family" + std::to_string(++families);
    session.user_id = user_id;
    session.created_at_ms = clock.unix_ms();
    session.expires_at_ms = session.created_at_ms + 1'000'000;
    return session;
  }
  static std::string hash_of(const std::string& sid, std::size_t number) {
    return *handle_hash(sid + "/" + std::to_string(number));
  }
  static std::string describe(const std::vector<std::size_t>& sequence, bool strict) {
    std::string text = strict ? " strict:" : " grace:";
    for (const std::size_t index : sequence) {
      text.append(" ").append(std::to_string(index));
    }
    return text;
  }
  // All sequences of `length` presentations of tokens that exist by then.
  void enumerate(std::vector<std::size_t>& prefix, std::size_t length, bool strict,
                 std::vector<std::vector<std::size_t>>& out) {
    if (prefix.size() == length) {
      out.push_back(prefix);
      return;
    }
    Model model(strict);
    for (const std::size_t index : prefix) {
      model.present(index);
    }
    for (std::size_t index = 0; index < model.size(); ++index) {
      prefix.push_back(index);
      enumerate(prefix, length, strict, out);
      prefix.pop_back();
    }
  }

  std::string user_id;
  int families = 0;
};

// Shows: R17 R18
TEST_F(RotationTest, EverySequenceAgreesWithTheModel) {
  for (const bool strict : {false, true}) {
    std::vector<std::vector<std::size_t>> sequences;
    std::vector<std::size_t> prefix;
    enumerate(prefix, 6, strict, sequences);
    EXPECT_GT(sequences.size(), strict ? 20U : 200U);
    ASSERT_TRUE(real_database
                    ->write_and_wait([&](storage::Stores& stores) {
                      Status status;
                      for (const auto& sequence : sequences) {
                        if (status = play(stores, sequence, strict); !status.ok()) {
                          break;
                        }
                      }
                      return status;
                    })
                    .ok());
  }
}

TEST_F(RotationTest, TokensOfAnotherSessionAndOverSessions) {
  ASSERT_TRUE(real_database
                  ->write_and_wait([&](storage::Stores& stores) {
                    std::vector<std::string> ended;
                    storage::LoginSession one = *new_session_for(stores);
                    storage::LoginSession two = *new_session_for(stores);
                    EXPECT_TRUE(begin_session(stores, one, hash_of(one.sid, 0), 100, ended).ok());
                    EXPECT_TRUE(begin_session(stores, two, hash_of(two.sid, 0), 100, ended).ok());
                    RotationRequest request;
                    const std::string presented = hash_of(two.sid, 0);
                    const std::string next = hash_of(two.sid, 1);
                    request.presented_hash = presented;
                    request.successor_hash = next;
                    request.now_ms = two.expires_at_ms;
                    EXPECT_EQ(*rotate(stores, one, request, ended), Fault::kTokenInvalid);
                    EXPECT_EQ(*rotate(stores, two, request, ended), Fault::kTokenExpired);
                    request.now_ms -= 1;
                    EXPECT_EQ(*rotate(stores, two, request, ended), Fault::kNone);
                    EXPECT_TRUE(ended.empty());
                    return Status();
                  })
                  .ok());
}

}  // namespace
}  // namespace securechat::auth
