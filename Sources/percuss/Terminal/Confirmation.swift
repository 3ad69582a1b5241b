import ArgumentParser
import PercussRoutine
import PercussTime

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
    case .ask: return await LineReader.shared.nextLine() != nil
    }
  }
}
