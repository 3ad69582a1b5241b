import Dispatch
import Foundation
import PercussTime
import Synchronization

/// Turns the first SIGINT (Ctrl-C), SIGTERM or SIGHUP, and the end of whoever reads the output, into a call, so that the motor is stopped before the
/// program ends. Where no lease of the device's stops the motor, what would suspend the program (SIGTSTP, SIGTTIN, SIGTTOU) and SIGQUIT do the same.
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
  private let sources = Mutex<[any DispatchSourceSignal]>([])
  private let queue = DispatchQueue(label: "percuss.signals")

  init() {
    take([SIGINT, SIGTERM, SIGHUP])
    StandardOutput.whenClosed { self.interrupt() }
  }

  /// From now on the device keeps no lease, and only this program stops it. So a second signal is not obeyed: the stop is bounded, and the program ends by itself. And what
  /// would suspend the program, or end it another way (Ctrl-Z, Ctrl-\, reading or writing in the background), is an interruption too.
  func becomePatient() {
    let wasPatient = state.withLock { state in
      defer { state.isPatient = true }
      return state.isPatient
    }
    if !wasPatient { take([SIGTSTP, SIGTTIN, SIGTTOU, SIGQUIT]) }
  }

  private func take(_ numbers: [Int32]) {
    sources.withLock { sources in
      for number in numbers {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { self.received(number) }
        source.resume()
        sources.append(source)
      }
    }
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
    // The threads of Dispatch, of which this is one, let no signal through; the others do only where the program was started so.
    var numbers = sigset_t()
    sigemptyset(&numbers)
    sigaddset(&numbers, number)
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    raise(number)
  }
}
