import Foundation
import Synchronization

/// Writes to the standard output, at once: lines reach a pipe as they are said, not when the program ends.
///
/// Waits while the reader is slow, so in real time it is not called on the timeline; see ``Bench/startPrinting(_:)``.
func say(_ text: String, terminator: String = "\n") {
  StandardOutput.write(text + terminator)
}

/// Writes to the standard error.
func sayError(_ text: String) {
  StandardOutput.write(text + "\n", to: STDERR_FILENO)
}

/// The standard output and what became of it.
enum StandardOutput {
  private struct State {
    /// Number of the system's error that ended the output.
    var failure: Int32?
    var onClose: (@Sendable () -> Void)?
  }

  private static let state = Mutex(State())
  /// One line after the other, whoever says it.
  private static let turn = Mutex(())

  /// A closed pipe is an error of the write that finds it, not a signal that kills the program with the motor turning.
  static func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// The closure is called once when nobody reads the output any more, as after `| head -1`.
  static func whenClosed(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.onClose = action }
  }

  /// From now on the end of a pipe's reader is noticed at once, not at the next line: for commands that are silent while the motor turns.
  static func watchReader() {
    Thread.detachNewThread {
      var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
      while poll(&output, 1, -1) < 0 { guard errno == EINTR else { return } }
      if output.revents & Int16(POLLERR) != 0 { close(because: EPIPE) }
    }
  }

  /// Whether all that was said could be written.
  static var isOpen: Bool { state.withLock { $0.failure == nil } }

  /// Why the output could not be written whole; nil when it could, or when its reader had enough.
  static var failure: String? {
    guard let failure = state.withLock({ $0.failure }), failure != EPIPE else { return nil }
    return systemMessage(failure)
  }

  fileprivate static func write(_ text: String) {
    guard state.withLock({ $0.failure == nil }), let failure = turn.withLock({ _ in write(text, to: STDOUT_FILENO) })
    else { return }
    close(because: failure)
  }

  private static func close(because failure: Int32) {
    let onClose: (@Sendable () -> Void)? = state.withLock { state in
      guard state.failure == nil else { return nil }
      state.failure = failure
      return failure == EPIPE ? state.onClose : nil
    }
    onClose?()
  }

  /// The number of the error that prevented it; nil when all is written.
  @discardableResult
  fileprivate static func write(_ text: String, to file: Int32) -> Int32? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // Another program has made the shared terminal or pipe non-blocking.
        var waiting = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}

/// What the system says of an error, in small letters: `no such file or directory`.
func systemMessage(_ number: Int32) -> String {
  String(cString: strerror(number)).lowercased()
}
