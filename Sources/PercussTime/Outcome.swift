import Synchronization

/// The result of an operation that another thread or task waits for. The first one set counts.
final class Outcome<Success: Sendable>: Sendable {
  private struct State {
    var result: Result<Success, any Error>?
    var isSet = false
    var waiter: CheckedContinuation<Success, any Error>?
  }

  private let state = Mutex(State())

  /// Sets the result, unless there is one; tells whether it did.
  @discardableResult
  func set(_ result: Result<Success, any Error>) -> Bool {
    let (first, waiter) = state.withLock { state in
      guard !state.isSet else { return (false, CheckedContinuation<Success, any Error>?.none) }
      state.isSet = true
      guard let waiter = state.waiter.take() else {
        state.result = result
        return (true, nil)
      }
      return (true, waiter)
    }
    waiter?.resume(with: result)
    return first
  }

  /// The result if it is there; it is handed out once.
  func take() -> Result<Success, any Error>? {
    state.withLock { $0.result.take() }
  }

  /// Waits for the result. One waiter.
  func value() async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
      let result: Result<Success, any Error>? = state.withLock { state in
        if let result = state.result.take() { return result }
        state.waiter = continuation
        return nil
      }
      if let result { continuation.resume(with: result) }
    }
  }
}
