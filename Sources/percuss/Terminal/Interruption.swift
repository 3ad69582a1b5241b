import Dispatch
import Foundation
import PercussTime

/// Turns the first SIGINT (Ctrl-C), SIGTERM or SIGHUP into a call, so that the motor is stopped before the program ends.
///
/// A second one ends the program at once; the device then stops because its connection ends. Wrappers such as `timeout` deliver one signal twice, so
/// what follows within half a second is not a second one.
final class Interruption {
  private static let grace = Duration.milliseconds(500)
  private let sources: [any DispatchSourceSignal]

  init(_ onInterrupt: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "percuss.signals")
    let first = FirstSignal()
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        guard let earlier = first.instant else {
          first.instant = .ofSystem()
          return onInterrupt()
        }
        guard earlier.advanced(by: Self.grace) < .ofSystem() else { return }
        signal(number, SIG_DFL)
        raise(number)
      }
      source.resume()
      return source
    }
  }

  func end() {
    for source in sources { source.cancel() }
  }
}

/// When the first signal came.
///
/// `@unchecked Sendable`: only the serial queue of the signals touches it.
private final class FirstSignal: @unchecked Sendable {
  var instant: MonotonicInstant?
}
