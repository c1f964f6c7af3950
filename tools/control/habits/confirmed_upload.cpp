#include "tools/control/habits/confirmed_upload.hpp"

namespace monopod::control {

confirmed_upload::confirmed_upload(call_list& calls, const method& m)
    : calls_(calls), method_(m),
      number_(m.inbox.expect([this](bool confirmed) { settled(confirmed); })) {
  context_.AsyncNotifyWhenDone(&left_);
  method_.accept(&context_, &reader_, &accepted_);
}

void confirmed_upload::accepted(bool ok) {
  if (!ok) {
    calls_.end(*this); // the server stops
    return;
  }
  calls_.begin<confirmed_upload>(method_);
  reader_.Read(&request_, &read_);
}

void confirmed_upload::read(bool ok) {
  busy_ = false;
  if (gone_) {
    calls_.end(*this);
    return;
  }
  if (ok) {
    const auto results = static_cast<std::size_t>(request_.analyticaloutput_size());
    reply_.set_errormsg(method_.take(request_, number_));
    if (reply_.errormsg().empty()) {
      unsettled_ += results;
      busy_ = true;
      reader_.Read(&request_, &read_);
      return;
    }
  }
  reading_ = false;
  answer_if_due();
}

void confirmed_upload::settled(bool confirmed) {
  unsettled_ -= unsettled_ > 0 ? 1 : 0;
  if (!confirmed && reply_.errormsg().empty())
    reply_.set_errormsg("the cloud does not have a result: the gateway's log says why");
  answer_if_due();
}

void confirmed_upload::answer_if_due() {
  if (reading_ || gone_ || answered_ || unsettled_ > 0)
    return;
  answered_ = busy_ = true;
  reader_.Finish(reply_, grpc::Status::OK, &finished_);
}

void confirmed_upload::finished(bool) {
  busy_ = false;
  if (gone_)
    calls_.end(*this);
}

void confirmed_upload::left(bool) {
  gone_ = true;
  if (!busy_)
    calls_.end(*this);
}

} // namespace monopod::control
