import PercussTime
import Synchronization

/// Something that comes once, or not in time.
final class Awaited<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value?, Never>)
    case resolved(Value?)
  }

  private let state = Mutex(State.empty)

  /// Ends the wait; `nil` stands for never. Only the first call counts.
  func resolve(_ value: Value?) {
    let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      switch state {
      case .empty:
        state = .resolved(value)
        return nil
      case .waiting(let continuation):
        state = .resolved(value)
        return continuation
      case .resolved: return nil
      }
    }
    waiter?.resume(returning: value)
  }

  /// The value; `nil` at the deadline, when the task is cancelled, or when it never comes. For one caller.
  func value(until deadline: MonotonicInstant, on timeline: any Timeline) async -> Value? {
    let timer = timeline.schedule(at: deadline) { self.resolve(nil) }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let resolved = state.withLock { state -> Value?? in
          if case .resolved(let value) = state { return .some(value) }
          state = .waiting(continuation)
          return nil
        }
        if let resolved { continuation.resume(returning: resolved) }
      }
    } onCancel: {
      resolve(nil)
    }
  }
}
