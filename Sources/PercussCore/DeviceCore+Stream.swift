internal import PercussWire

/// Routine Data and the queue of streamed steps.
extension DeviceCore {
  mutating func writeRoutineData(
    _ value: RawSpan, from index: Int, into actions: inout DeviceActions
  ) -> AttributeError? {
    guard value.byteCount > 0 else { return .invalidAttributeValueLength }
    renewLease(of: index)
    idleSince = now
    let data: RoutineData
    do {
      data = try RoutineData(decoding: value)
    } catch {
      if case .truncated = error.reason { return .invalidAttributeValueLength }
      if error.field == .routineDataKind { return .malformedValue }
      if lease?.holder == index, isStreamedStep(error.field) { isStreamCreditDue = true }
      return nil
    }
    guard lease?.holder == index else { return nil }
    switch data.body {
    case .chunk(let transfer, let offset, let payload):
      let credit = store.take(transfer: transfer, offset: offset, value: value, payload: payload)
      if let credit, centrals[index]?.subscriptions.contains(.routineData) == true {
        actions.append(.notifyRoutineStatus(credit, to: number(index)))
      }
    case .streamedStep(let step, let start, let segment):
      guard rules.features.contains(.stream) else { return nil }
      // A step that is refused is dropped; the credit shows that the index has not moved.
      _ = queueStep(step, at: start, segment)
      isStreamCreditDue = true
    }
    return nil
  }

  private func isStreamedStep(_ field: WireField) -> Bool {
    field.rawValue & 0xFF00 == WireField.routineDataStreamedStep.rawValue
  }

  mutating func queueStep(_ index: UInt16, at start: UInt32, _ segment: RoutineSegment) -> ControlOutcome {
    switch rules.fault(in: segment, isStreamed: true) {
    case .outOfRange(let field, let minimum, let maximum): return .outOfRange(field &+ 2, minimum, maximum)
    case .invalid: return .refused(.invalidParameter)
    case .unsupported: return .refused(.unsupported)
    case nil: break
    }
    guard index == queue.nextIndex else { return .refused(.outOfOrder, .indexExpected(index: queue.nextIndex)) }
    guard queue.free > 0 else { return .refused(.queueFull) }
    guard UInt64(start) >= queue.end else { return .refused(.invalidParameter) }
    if state == .stream, let playback, UInt64(start) &* 1000 < playback.place(at: now) { return .refused(.tooLate) }
    queue.append(index: index, at: start, segment: segment)
    return .done(.stepQueued(free: queue.free))
  }

  mutating func startStream(at start: UInt64, into actions: inout DeviceActions) -> ControlOutcome {
    let instant: DeviceInstant
    switch startInstant(start, field: 0) {
    case .at(let found): instant = found
    case .refused(let refusal): return refusal
    }
    guard !queue.isEmpty else { return .refused(.notFound) }
    var next = Playback(source: .stream, origin: instant.microseconds)
    if instant > now { next.scheduledStart = instant }
    playback = next
    enter(instant > now ? .scheduled : .stream, .command, into: &actions)
    playOn(into: &actions)
    return .done(.streamStarted(startMicroseconds: instant.microseconds))
  }

  /// Forgets the steps that have not begun. A stream in which none runs has ended with that.
  mutating func flushStream(into actions: inout DeviceActions) {
    flushQueue()
    guard let current = playback, current.source == .stream, current.segment == nil else { return }
    finish(.command, into: &actions)
  }

  /// One step of a stream, if one is due; false when nothing more is.
  mutating func streamOn(_ current: Playback, into actions: inout DeviceActions) -> Bool {
    let place = current.place(at: now)
    // Before place 0, which the origin says by wrapping around, nothing is due.
    guard place <= UInt64.max / 2 else { return false }
    if let segment = current.segment {
      guard place >= current.stepEnd else { return false }
      if queue.isEmpty {
        finish(segment.kind == .rest ? .completed : .underflow, into: &actions)
        return false
      }
    }
    guard let next = queue.first, next.start &* 1000 <= place else {
      if current.segment != nil {
        playback?.segment = nil
        body.plan = .rest
        updateForceLimit()
      }
      return false
    }
    _ = queue.removeFirst()
    playback?.step = next.index
    playback?.segment = next.segment
    playback?.stepStart = next.start &* 1000
    playback?.stepEnd = next.end &* 1000
    isStreamCreditDue = true
    body.plan = playback?.plan ?? .rest
    updateForceLimit()
    reportStep(planned: DeviceInstant(microseconds: current.origin &+ next.start &* 1000), into: &actions)
    return true
  }
}
