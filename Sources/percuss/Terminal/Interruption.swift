import Dispatch
import Foundation
import PercussTime
import Synchronization

/// Turns the first SIGINT (Ctrl-C), SIGTERM or SIGHUP, and the end of whoever reads the output, into a call, so that the motor is stopped before the
/// program ends.
///
/// A second signal ends the program at once. The device then stops by what was agreed for the loss of control: where its connection ended with the program, at once; over
/// bluetoothd, which keeps the connection, when the lease runs out. Wrappers such as `timeout` deliver one signal twice, so
/// what follows within half a second is not a second one. It lasts until the program ends.
final class Interruption: Sendable {
  private static let grace = Duration.milliseconds(500)

  private struct State {
    var firstSignal: MonotonicInstant?
    var hasHappened = false
    var isPatient = false
    var action: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())
  /// Unsafe only to the compiler: filled by the initialiser and never touched again.
  private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

  init() {
    let queue = DispatchQueue(label: "percuss.signals")
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { self.received(number) }
      source.resume()
      sources.append(source)
    }
    StandardOutput.whenClosed { self.interrupt() }
  }

  /// From now on a second signal is not obeyed: the device keeps no lease, and only this program stops it. That is bounded, and the program ends by itself.
  func becomePatient() {
    state.withLock { $0.isPatient = true }
  }

  /// Calls the closure at the interruption, once; at once when it has happened already.
  func whenInterrupted(_ action: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      state.action = action
      return state.hasHappened
    }
    if isLate { action() }
  }

  private func interrupt() {
    let action = state.withLock { state in
      defer { state.hasHappened = true }
      return state.hasHappened ? nil : state.action
    }
    action?()
  }

  private func received(_ number: Int32) {
    let (earlier, isPatient) = state.withLock { state in
      defer { state.firstSignal = state.firstSignal ?? .ofSystem() }
      return (state.firstSignal, state.isPatient)
    }
    guard let earlier else { return interrupt() }
    guard !isPatient, earlier.advanced(by: Self.grace) < .ofSystem() else { return }
    signal(number, SIG_DFL)
    raise(number)
  }
}
