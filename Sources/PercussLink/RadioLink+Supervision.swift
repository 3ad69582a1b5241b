import PercussTime

// When events are, who hears whom in them, and when an end gives up.
extension RadioLink {
  func instant(of event: Int64) -> MonotonicInstant {
    let (offset, overflow) = event.multipliedReportingOverflow(by: interval)
    return overflow ? .distantFuture : start.advanced(by: .nanoseconds(offset))
  }

  /// The last event at or before the instant.
  private func event(notAfter instant: MonotonicInstant) -> Int64 {
    max(0, start.duration(to: instant).wholeNanoseconds / interval)
  }

  /// The first event at or after the instant.
  private func event(notBefore instant: MonotonicInstant) -> Int64 {
    let event = event(notAfter: instant)
    return self.instant(of: event) < instant ? event + 1 : event
  }

  private var attendance: Int64 { Int64(parameters.peripheralLatency) + 1 }

  /// The first event from this one on that an idle peripheral attends.
  private func attended(notBefore event: Int64) -> Int64 {
    guard event > nextAttended else { return nextAttended }
    let skipped = (event - nextAttended + attendance - 1) / attendance
    return nextAttended + skipped * attendance
  }

  /// The last event up to this one that an idle peripheral attends; nil when that is past already.
  private func attended(notAfter event: Int64) -> Int64? {
    guard event >= nextAttended else { return nil }
    return event - (event - nextAttended) % attendance
  }

  /// What keeps an end from hearing at the instant.
  private func deafness(of end: RadioEnd, at instant: MonotonicInstant) -> RadioDisturbance? {
    parameters.disturbances.first { disturbance in
      disturbance.covers(instant)
        && (disturbance.kind == .outage || disturbance.kind == .centralDeaf && end == .central)
    }
  }

  func hears(_ end: RadioEnd, at instant: MonotonicInstant) -> Bool { deafness(of: end, at: instant) == nil }

  func isStalled(at instant: MonotonicInstant) -> Bool {
    parameters.disturbances.contains { $0.kind == .stall && $0.covers(instant) }
  }

  /// Brings the account of what was heard up to the instant, given that nothing was sent since the last event.
  mutating func accountForIdleTime(until now: MonotonicInstant) {
    guard now > accounted else { return }
    accounted = now
    let current = event(notAfter: now)
    guard current > lastEvent else { return }
    if gone.isEmpty {
      let hasAttended = attended(notAfter: current) != nil
      let heardByPeripheral = lastHearing(of: .peripheral, notAfter: current)
      if let event = lastHearing(of: .central, notAfter: current) {
        lastHeard[.central] = instant(of: event).advanced(by: Self.answerDelay)
        centralRepeats = false
      }
      if let event = heardByPeripheral {
        lastHeard[.peripheral] = instant(of: event)
        nextAttended = event + attendance
        nextAttended = attended(notBefore: current + 1)
      } else if hasAttended {
        // A peripheral that heard nothing attends every event until it does.
        nextAttended = current + 1
      }
    }
    lastEvent = current
  }

  /// The last idle event up to this one in which the end heard the other.
  private func lastHearing(of end: RadioEnd, notAfter current: Int64) -> Int64? {
    guard var event = attended(notAfter: current) else { return nil }
    while let deafness = deafness(of: end, at: instant(of: event)) {
      // The first event after the deafness is attended, whatever the rhythm.
      let first = self.event(notBefore: deafness.until)
      if first <= current, hears(end, at: instant(of: first)) {
        let last = first + (current - first) / attendance * attendance
        return hears(end, at: instant(of: last)) ? last : first
      }
      guard let earlier = attended(notAfter: self.event(notBefore: deafness.from) - 1) else { return nil }
      event = earlier
    }
    return event
  }

  /// The next event in which something that is queued can move.
  func nextDataEvent() -> Int64? {
    guard gone.isEmpty else { return nil }
    let peripheralSends = !toCentral.isEmpty || closing == .peripheral
    guard peripheralSends || !toPeripheral.isEmpty || closing == .central else { return nil }
    var event = lastEvent + 1
    var attendsEvery = peripheralSends
    while true {
      if !attendsEvery { event = attended(notBefore: event) }
      let instant = instant(of: event)
      guard instant < .distantFuture else { return nil }
      let obstacle = parameters.disturbances.first {
        ($0.kind == .outage || $0.kind == .stall && closing == nil) && $0.covers(instant)
      }
      guard let obstacle else { return event }
      event = self.event(notBefore: obstacle.until)
      // Having missed an event, the peripheral attends every one until it hears again.
      if obstacle.kind == .outage { attendsEvery = true }
    }
  }

  /// The end that gives up next if nothing is heard but idle events, and when; nil when the next idle event that it hears comes in time.
  func nextGivingUp() -> (end: RadioEnd, instant: MonotonicInstant)? {
    var earliest: (end: RadioEnd, instant: MonotonicInstant)?
    for end in RadioEnd.allCases where !gone.contains(end) {
      let limit = (lastHeard[end] ?? start).advanced(by: parameters.supervisionTimeout)
      if let hearing = nextHearing(of: end), hearing <= limit { continue }
      if earliest.map({ limit < $0.instant }) ?? true { earliest = (end, limit) }
    }
    return earliest
  }

  /// When the end hears the other one next.
  private func nextHearing(of end: RadioEnd) -> MonotonicInstant? {
    guard gone.isEmpty else { return nil }
    var event = attended(notBefore: lastEvent + 1)
    while let deafness = deafness(of: end, at: instant(of: event)) {
      guard deafness.until < .distantFuture else { return nil }
      // Having heard nothing, the peripheral attends the first event that it can hear.
      event = self.event(notBefore: deafness.until)
    }
    return instant(of: event)
  }

  /// When the next deafness begins that is not accounted for; who gives up is only known then.
  func nextSilence() -> MonotonicInstant? {
    guard gone.isEmpty else { return nil }
    return parameters.disturbances.filter { $0.kind != .stall && $0.from > accounted && $0.from < $0.until }.map(\.from)
      .min()
  }
}
