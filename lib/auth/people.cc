#include "auth/people.h"

namespace securechat::auth {

People::Known::~Known() {
  if (person_ != nullptr) person_->people_.release(*person_);
}

People::Known People::Known::again() const {
  if (person_ != nullptr) person_->people_.keep(*person_);
  return Known(person_);
}

People::Known People::know(const Principal& principal) {
  MutexLock lock(mutex_);
  const std::unique_ptr<Person>* found =
      people_.find(principal.user_id,
                   [&](const std::unique_ptr<Person>& person) { return person->is(principal); });
  Person* person = found == nullptr ? nullptr : found->get();
  if (person == nullptr) {
    auto added = std::make_unique<Person>(*this, principal);
    person = added.get();
    people_.add(std::move(added));
  }
  ++person->known_;
  return Known(person);
}

void People::keep(Person& person) {
  MutexLock lock(mutex_);
  ++person.known_;
}

void People::release(Person& person) {
  MutexLock lock(mutex_);
  if (--person.known_ > 0) return;
  people_.take(person.user_id(),
               [&](const std::unique_ptr<Person>& other) { return other.get() == &person; });
}

void People::begin_session(const Known& known) {
  MutexLock lock(mutex_);
  ++known.person_->sessions_;
}

void People::end_session(const Known& known) {
  MutexLock lock(mutex_);
  --known.person_->sessions_;
}

std::size_t People::sessions_of(std::string_view user_id) const {
  MutexLock lock(mutex_);
  std::size_t sessions = 0;
  people_.for_each_of(
      user_id, [&](const std::unique_ptr<Person>& person) { sessions += person->sessions_; });
  return sessions;
}

std::size_t People::size() const {
  MutexLock lock(mutex_);
  return people_.size();
}

}  // namespace securechat::auth
