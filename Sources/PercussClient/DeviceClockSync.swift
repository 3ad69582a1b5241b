public import PercussTime
internal import PercussWire

// The device's clock as the host knows it.
extension Device {
  /// What the device's clock shows at an instant of the timeline, and how wrong that can be; nil while no exchange has told.
  ///
  /// The bound grows by 250 µs for every second since the last exchange: see ``followClock(_:)``.
  public func deviceInstant(for instant: MonotonicInstant) -> ClockEstimator.Reading? {
    clock.reading(at: instant)
  }

  /// The instant of the timeline at which the device's clock shows that many microseconds; nil while no exchange has told.
  public func hostInstant(forDeviceMicroseconds microseconds: UInt64) -> ClockEstimator.HostReading? {
    clock.hostReading(ofDeviceMicroseconds: microseconds)
  }

  /// Keeps ``clock`` up to date: exchanges readings with the device, 8 of them 50 ms apart and then about one a second, until the calling task is cancelled or the
  /// connection ends. Returns at once from a device without a clock. Lost exchanges are left lost. Several callers share the exchanges.
  ///
  /// - Parameter update: told after each exchange, on the timeline.
  public func followClock(_ update: (@Sendable (ClockEstimator) async -> Void)? = nil) async {
    guard feature.features.contains(.clock) else { return }
    while !Task.isCancelled, connectionEnd == nil {
      if !isFollowingClock, clockDue <= timeline.now {
        isFollowingClock = true
        _ = try? await attemptClockExchange(during: "clock exchange")
        isFollowingClock = false
        clockDue = timeline.now.advanced(by: clock.pause)
      }
      await update?(clock)
      do {
        // A caller that shares the exchange of another looks again soon.
        try await timeline.sleep(until: max(clockDue, timeline.now.advanced(by: ClockEstimator.fastInterval)))
      } catch { return }
    }
  }
}
