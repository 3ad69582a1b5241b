import PercussTime
import Synchronization

/// Tells the service manager that the timeline is alive, twice in each interval that it wants to hear of it.
///
/// The word comes from the timeline itself: when that hangs, nothing is said, and the manager ends and restarts the service.
final class Watchdog: Sendable {
  private let notification: ServiceNotification
  private let timeline: RealTimeline
  private let period: Duration
  private let next = Mutex(ScheduledAction?.none)

  /// Nil when the manager does not care.
  init?(_ notification: ServiceNotification, on timeline: RealTimeline) {
    guard let interval = notification.watchdogInterval else { return nil }
    self.notification = notification
    self.timeline = timeline
    period = max(.milliseconds(1), interval / 2)
    tell()
  }

  /// Says nothing more.
  func stop() {
    next.withLock { $0 }?.cancel()
  }

  private func tell() {
    notification.send("WATCHDOG=1")
    next.withLock { $0 = timeline.schedule(after: period) { [weak self] in self?.tell() } }
  }
}
