#include "driver/interruption.h"

#include <array>
#include <csignal>

namespace afdc {

namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> stopAsked{false};
std::atomic<int> stopSignal{0};
std::array<struct sigaction, kSignals.size()> handledBefore;

void take(int signal) {
  stopSignal = signal;
  stopAsked = true;
}

}  // namespace

Interruption::Interruption() {
  stopAsked = false;
  stopSignal = 0;
  struct sigaction taken {};
  taken.sa_handler = take;
  taken.sa_flags = SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &handledBefore[i]);
    // `nohup` wants it to be ignored.
    bool kept = kSignals[i] == SIGHUP && handledBefore[i].sa_handler == SIG_IGN;
    if (!kept) sigaction(kSignals[i], &taken, nullptr);
  }
}

Interruption::~Interruption() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &handledBefore[i], nullptr);
}

const std::atomic<bool>& Interruption::asked() { return stopAsked; }
int Interruption::exitCode() { return stopAsked ? 128 + stopSignal : 0; }

}  // namespace afdc
