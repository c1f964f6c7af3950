#include "tools/harness/process.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace monopod::harness {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

process::process(const std::vector<std::string>& arguments, const std::filesystem::path& output,
                 const std::vector<std::string>& host)
    : group_(!host.empty()) {
  std::vector<char*> argv;
  argv.reserve(host.size() + arguments.size() + 1);
  for (const auto* words : {&host, &arguments})
    for (const auto& w : *words)
      argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  const auto parent = getpid();
  pid_ = fork();
  if (pid_ < 0)
    fail("fork");
  if (pid_ > 0) {
    if (group_)
      setpgid(pid_, pid_); // the child does the same: either may be first
    return;
  }
  // The child makes only async-signal-safe calls.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (group_)
    setpgid(0, 0);
  if (getppid() != parent)
    _exit(127);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  if (!output.empty()) {
    const int fd = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
  }
  execvp(argv[0], argv.data());
  _exit(127);
}

process::~process() { terminate(); }

void process::signal(int number) const {
  if (!exit_code_)
    kill(group_ ? -pid_ : pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds timeout) {
  if (exit_code_)
    return exit_code_;
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (descriptor < 0)
    fail("pidfd_open");
  pollfd p{descriptor, POLLIN, 0};
  const int ready = poll(&p, 1, static_cast<int>(timeout.count()));
  close(descriptor);
  if (ready <= 0)
    return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_)
    fail("waitpid");
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // A shell at the front may end before the processes that it started.
  if (group_ && !eventually([this] { return kill(-pid_, 0) != 0; }, std::chrono::seconds(5)))
    kill(-pid_, SIGKILL);
  return exit_code_;
}

int process::terminate(std::chrono::milliseconds timeout) {
  if (exit_code_)
    return *exit_code_;
  signal(SIGTERM);
  signal(SIGCONT);
  if (auto code = wait(timeout))
    return *code;
  signal(SIGKILL);
  return wait(std::chrono::seconds(60)).value_or(-1);
}

finished run(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout) {
  const temporary_directory scratch;
  process child(arguments, scratch.path() / "output");
  const auto code = child.wait(timeout);
  if (!code)
    throw std::runtime_error(arguments.front() + " did not end in time");
  return {*code, read_file(scratch.path() / "output")};
}

std::uint64_t cpu_ns(pid_t pid) {
  std::uint64_t sum = 0;
  std::error_code gone;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t ns = 0;
    if (file >> ns)
      sum += ns;
  }
  return sum;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("no free port");
  close(fd);
  return ntohs(address.sin_port);
}

temporary_directory::temporary_directory() {
  auto name = (std::filesystem::temp_directory_path() / "monopod-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    fail("mkdtemp");
  path_ = name;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void pause_ms(int ms) { poll(nullptr, 0, ms); }

} // namespace monopod::harness
