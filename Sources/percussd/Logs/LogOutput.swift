import Dispatch
import Foundation
import Synchronization

/// The standard error as a place for log lines, written by a thread of its own: whoever reads them slowly holds up no motor.
///
/// At most ``limit`` lines wait. What comes while they do is lost, and the number of lost lines is said once there is room again.
final class LogOutput: Sendable {
  /// How many lines wait at most.
  static let limit = 4096

  private struct State {
    var waiting = 0
    var lost = 0
  }

  private let descriptor: Int32
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "percussd.logs")
  private let lostLine: @Sendable (Int) -> String

  /// - Parameter lostLine: how to say that this many lines were lost.
  init(descriptor: Int32 = STDERR_FILENO, lostLine: @escaping @Sendable (Int) -> String) {
    self.descriptor = descriptor
    self.lostLine = lostLine
  }

  /// Has the line, without its end, written soon.
  func write(_ line: String) {
    let lost: Int? = state.withLock { state in
      guard state.waiting < Self.limit else {
        state.lost += 1
        return nil
      }
      state.waiting += 1
      defer { state.lost = 0 }
      return state.lost
    }
    guard let lost else { return }
    let text = (lost > 0 ? lostLine(lost) + "\n" : "") + line + "\n"
    queue.async { [self] in
      Output.write(text, to: descriptor)
      state.withLock { $0.waiting -= 1 }
    }
  }

  /// Waits until everything is written, at most for a second: a reader that does not read keeps no program from ending.
  func flush() {
    let group = DispatchGroup()
    queue.async(group: group) {}
    _ = group.wait(timeout: .now() + .seconds(1))
  }
}
