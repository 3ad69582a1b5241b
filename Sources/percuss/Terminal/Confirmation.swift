import ArgumentParser
import Dispatch
import Foundation
import PercussRoutine
import PercussTime
import Synchronization

/// Who confirms the steps that wait for the operator.
enum ConfirmArgument: String, ExpressibleByArgument, CaseIterable {
  case ask, yes, no
}

/// Answers a waiting step.
struct Confirmation: Sendable {
  private let argument: ConfirmArgument

  init(_ argument: ConfirmArgument) {
    self.argument = argument
  }

  /// True: go on; false: the operator declines. Ends with the task at the latest.
  func confirm(_ step: WaitingStep, on timeline: any Timeline) async -> Bool {
    switch argument {
    case .no: return false
    case .yes:
      // As long as a person who was ready would take.
      try? await timeline.sleep(for: .seconds(1))
      return true
    case .ask: return await LineReader.shared.nextLine()
    }
  }
}

/// Reads lines of the standard input on a queue of its own, because a read blocks.
private final class LineReader: Sendable {
  static let shared = LineReader()

  private struct State {
    var isReading = false
    var hasEnded = false
    var asker: CheckedContinuation<Bool, Never>?
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "percuss.lines")

  /// Whether a line came; false at the end of the input, or when the task is cancelled.
  ///
  /// Keys pressed before the question are no answer to it.
  func nextLine() async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (isOver, reads) = state.withLock { state in
          if state.hasEnded || Task.isCancelled { return (true, false) }
          state.asker = continuation
          defer { state.isReading = true }
          return (false, !state.isReading)
        }
        if isOver { return continuation.resume(returning: false) }
        if reads { queue.async { self.readOne() } }
      }
    } onCancel: {
      answer(false)
    }
  }

  private func readOne() {
    // On a pipe or a file, where lines lie ready for the questions to come, this does nothing.
    tcflush(STDIN_FILENO, TCIFLUSH)
    let isLine = readLine() != nil
    answer(isLine) { state in
      state.isReading = false
      state.hasEnded = !isLine
    }
  }

  private func answer(_ isConfirmed: Bool, _ change: (inout State) -> Void = { _ in }) {
    let asker = state.withLock { state in
      change(&state)
      defer { state.asker = nil }
      return state.asker
    }
    asker?.resume(returning: isConfirmed)
  }
}
