import Dispatch
import Foundation
import Synchronization

/// Reads lines of the standard input on a queue of its own, because a read blocks.
final class LineReader: Sendable {
  static let shared = LineReader()

  private struct State {
    var isReading = false
    var hasEnded = false
    var asker: CheckedContinuation<String?, Never>?
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "percuss.lines")

  /// The next line; nil at the end of the input, or when the task is cancelled.
  ///
  /// Keys pressed before the question are no answer to it.
  func nextLine() async -> String? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (isOver, reads) = state.withLock { state in
          if state.hasEnded || Task.isCancelled { return (true, false) }
          state.asker = continuation
          defer { state.isReading = true }
          return (false, !state.isReading)
        }
        if isOver { return continuation.resume(returning: nil) }
        if reads { queue.async { self.readOne() } }
      }
    } onCancel: {
      answer(nil)
    }
  }

  private func readOne() {
    // On a pipe or a file, where lines lie ready for the questions to come, this does nothing.
    tcflush(STDIN_FILENO, TCIFLUSH)
    let line = readLine()
    answer(line) { state in
      state.isReading = false
      state.hasEnded = line == nil
    }
  }

  private func answer(_ line: String?, _ change: (inout State) -> Void = { _ in }) {
    let asker = state.withLock { state in
      change(&state)
      defer { state.asker = nil }
      return state.asker
    }
    asker?.resume(returning: line)
  }
}
