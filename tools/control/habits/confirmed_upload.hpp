// PublishToCloud, answered only after the cloud has confirmed the results (--answers-after-cloud).
#pragma once

#include "tools/control/habits/confirmation_inbox.hpp"
#include "tools/control/server_calls.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace monopod::control {

/// VEI hands each result to the cloud by a synchronous HTTPS request, within the call. So its
/// client, which waits for the answer, is held up by the cloud. An answer tells of results that the
/// cloud will not have; without a broker there is no answer.
class confirmed_upload final : public call {
public:
  using request = VEIv1_0::PubCloudParams;
  using reader = grpc::ServerAsyncReader<VEIv1_0::ErrorResponse, request>;
  struct method {
    std::function<void(grpc::ServerContext*, reader*, void* tag)> accept;
    /// Says what is wrong with the request, if anything. Otherwise each of its results is confirmed
    /// with this number.
    std::function<std::string(request&, std::uint64_t number)> take;
    confirmation_inbox& inbox;
  };

  confirmed_upload(call_list& calls, const method& m);
  ~confirmed_upload() override { method_.inbox.forget(number_); }

private:
  void accepted(bool ok);
  void read(bool ok);
  void settled(bool confirmed);
  void answer_if_due();
  void finished(bool ok);
  void left(bool ok);

  call_list& calls_;
  const method& method_;
  const std::uint64_t number_;
  grpc::ServerContext context_;
  reader reader_{&context_};
  request request_;
  VEIv1_0::ErrorResponse reply_;
  std::size_t unsettled_ = 0; // results without confirmation
  bool reading_ = true;
  bool answered_ = false;
  bool busy_ = true; // an operation other than the wait for the end is under way
  bool gone_ = false;
  step<confirmed_upload> accepted_{*this, &confirmed_upload::accepted};
  step<confirmed_upload> read_{*this, &confirmed_upload::read};
  step<confirmed_upload> finished_{*this, &confirmed_upload::finished};
  step<confirmed_upload> left_{*this, &confirmed_upload::left};
};

} // namespace monopod::control
