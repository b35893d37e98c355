#include "chat/unsettled.h"

namespace securechat::chat {

void Unsettled::begin_join(const std::string& nsp) {
  parts().expelled.erase(nsp);
  parts().joining.insert(nsp);
}

void Unsettled::end_join(const std::string& nsp) {
  if (!parts_) return;
  parts_->joining.erase(nsp);
  give_back_empty();
}

bool Unsettled::joining(std::string_view nsp) const {
  return parts_ && parts_->joining.contains(nsp);
}

void Unsettled::expel(const std::string& nsp) {
  if (parts().expelled.size() < kExpelled) parts_->expelled.insert(nsp);
}

bool Unsettled::expelled(std::string_view nsp) const {
  return parts_ && parts_->expelled.contains(nsp);
}

bool Unsettled::hold(protocol::Packet& packet) {
  return parts().held.add(packet);
}

std::vector<protocol::Packet> Unsettled::release(std::string_view nsp) {
  if (!parts_) return {};
  std::vector<protocol::Packet> released = parts_->held.take(nsp);
  give_back_empty();
  return released;
}

Unsettled::Parts& Unsettled::parts() {
  if (!parts_) parts_ = std::make_unique<Parts>();
  return *parts_;
}

void Unsettled::give_back_empty() {
  if (parts_->joining.empty() && parts_->expelled.empty() && parts_->held.empty()) parts_.reset();
}

}  // namespace securechat::chat
