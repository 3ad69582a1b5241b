import ArgumentParser
import Dispatch
import Foundation
import PercussRoutine
import PercussTime

/// Who confirms the steps that wait for the operator.
enum ConfirmArgument: String, ExpressibleByArgument, CaseIterable {
  case ask, yes, no
}

extension Terminal {
  /// Whether somebody can press a key.
  static var readsFromPerson: Bool { isatty(STDIN_FILENO) == 1 }
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
    case .ask: return await LineReader.shared.nextLine(within: step.timeout, on: timeline)
    }
  }
}

/// Reads lines of the standard input on a queue of its own, because a read blocks.
private final class LineReader: Sendable {
  static let shared = LineReader()
  private let lines: AsyncStream<String>

  private init() {
    let (lines, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
    self.lines = lines
    DispatchQueue(label: "percuss.lines").async {
      while let line = readLine() { continuation.yield(line) }
      continuation.finish()
    }
  }

  /// Whether a line came; false at the end of the input, or when the task is cancelled.
  func nextLine(within timeout: Duration, on timeline: any Timeline) async -> Bool {
    for await _ in lines { return true }
    return false
  }
}
