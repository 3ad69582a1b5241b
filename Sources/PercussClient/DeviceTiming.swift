internal import PercussGATT
internal import PercussLink
public import PercussTime
public import PercussWire

/// A request that is written at an instant, until it is.
struct ArmedWrite {
  let value: OutgoingValue
  let timing: Session.Timing
  let handedOver: @Sendable (MonotonicInstant) -> Void
  /// The timeline's alarm, where it is the one to write.
  var timer: ScheduledAction?
  /// The thread's, where that is.
  var handOff: DeadlineThread.HandOff?
  /// It was taken back while the thread had begun it: whatever comes of that, nobody else writes it.
  var isWithdrawn = false
}

/// Who wrote the timed requests of a device so far.
public struct TimedWrites: Equatable, Sendable {
  /// The deadline thread, straight into the link's descriptor.
  public internal(set) var byThread = 0
  /// The timeline, which does other things too.
  public internal(set) var byTimeline = 0
}

// Requests that are written on time.
extension Device {
  /// How long before a request is due the thread has to have it; what comes later is written by the timeline.
  static let threadNotice: Duration = .milliseconds(2)
  /// How long before a request is due its way is acquired, which keeps everybody else from writing.
  static let wayNotice: Duration = .milliseconds(30)
  /// How long before a request is due it can be prepared at the earliest.
  public static let longestNotice: Duration = .seconds(1)

  /// Lets the thread write timed requests from now on, where the link has a way for it; otherwise, and without a thread, the timeline does.
  public func useDeadlineThread(_ thread: DeadlineThread?) {
    deadlineThread = thread
  }

  /// Sends a request at an instant, and waits for its answer.
  ///
  /// From the call on the device object sends nothing else but stops, not even what keeps the lease alive: call it ``longestNotice`` before at the earliest. It is never written early. A stop takes it back, and it ends with `.stopped`.
  ///
  /// - Parameter handedOver: called on the timeline when it was handed to the link, with the instant of that.
  /// - Throws: `.tooLate` when it could not be written until `timing.latest`, and so was not; `.invalidArgument` when it is due too far ahead; otherwise as ``perform(_:)``.
  public func perform(
    _ operation: ControlRequest.Body, timing: Session.Timing,
    handedOver: @escaping @Sendable (MonotonicInstant) -> Void
  ) async throws(DeviceError) -> ControlResponse {
    guard timeline.now.duration(to: timing.due) <= Self.longestNotice else {
      throw DeviceError(
        .invalidArgument("a request can be prepared \(Self.longestNotice) ahead at the earliest"),
        during: operation.title)
    }
    guard case .response(let response) = try await perform(.request(operation), timing, handedOver) else {
      throw Self.unfitting("\(operation.opCode)")
    }
    return response
  }

  /// The session has taken it on.
  func arm(_ id: Session.WriteID, _ write: ArmedWrite) {
    armedWrites[id] = write
    scheduleOnTimeline(id)
    // The thread writes without response.
    guard deadlineThread != nil, write.value.isAnsweredAsCommand,
      timeline.now.advanced(by: Self.threadNotice) < write.timing.due
    else { return }
    let acquiring = write.timing.due.advanced(by: .zero - Self.wayNotice)
    timeline.schedule(at: acquiring) { [weak self] in self?.assumeIsolated { $0.acquireWay(for: id) } }
  }

  private func acquireWay(for id: Session.WriteID) {
    guard let characteristic = armedWrites[id]?.value.characteristic else { return }
    timeline.start { [link, weak self] in
      let writer = await link.acquirePromptWriter(for: characteristic)
      guard let writer else { return }
      if await self?.hand(id, to: writer) != true { await link.releasePromptWriter(for: characteristic) }
    }
  }

  private func scheduleOnTimeline(_ id: Session.WriteID) {
    guard let due = armedWrites[id]?.timing.due else { return }
    armedWrites[id]?.timer = timeline.schedule(at: due) { [weak self] in self?.assumeIsolated { $0.writeArmed(id) } }
  }

  /// - Returns: false when the writer is not needed any more.
  private func hand(_ id: Session.WriteID, to writer: any PromptWriter) -> Bool {
    guard let write = armedWrites[id], let deadlineThread else { return false }
    let bytes = write.value.bytes
    do throws(DeadlineThreadError) {
      let handOff = try deadlineThread.arm(at: write.timing.due, notAfter: write.timing.latest) { _ in
        writer.sendPromptly(bytes)
      } completion: { [weak self] outcome in
        self?.assumeIsolated { $0.threadEnded(id, outcome) }
      }
      write.timer?.cancel()
      armedWrites[id]?.timer = nil
      armedWrites[id]?.handOff = handOff
      return true
    } catch {
      return false
    }
  }

  private func threadEnded(_ id: Session.WriteID, _ outcome: DeadlineThread.Outcome) {
    guard let write = armedWrites[id] else { return }
    release(write)
    if write.isWithdrawn {
      armedWrites[id] = nil
      if case .done(let instant, succeeded: true) = outcome { write.handedOver(instant) }
      return
    }
    switch outcome {
    case .done(let instant, succeeded: true):
      armedWrites[id] = nil
      timedWrites.byThread += 1
      write.handedOver(instant)
      session.writeBegan(id, at: instant)
      writeEnded(id, nil)
    // The descriptor was closed, or is full: the link has other ways.
    case .done(_, succeeded: false): writeArmed(id)
    case .shutDown:
      armedWrites[id]?.handOff = nil
      scheduleOnTimeline(id)
    case .tooLate:
      armedWrites[id] = nil
      execute(session.cameTooLate(id, at: timeline.now))
    }
  }

  /// By the timeline.
  private func writeArmed(_ id: Session.WriteID) {
    guard let write = armedWrites.removeValue(forKey: id) else { return }
    let now = timeline.now
    guard now <= write.timing.latest else { return execute(session.cameTooLate(id, at: now)) }
    timedWrites.byTimeline += 1
    write.handedOver(now)
    session.writeBegan(id, at: now)
    self.write(write.value, .request, as: id)
    armTimer()
  }

  /// It makes way. What the thread has written meanwhile is told when the thread says so.
  func disarm(_ id: Session.WriteID) {
    guard let write = armedWrites[id] else { return }
    write.timer?.cancel()
    guard write.handOff?.disarm() ?? true else {
      armedWrites[id]?.isWithdrawn = true
      return
    }
    armedWrites[id] = nil
    release(write)
  }

  private func release(_ write: ArmedWrite) {
    guard write.handOff != nil else { return }
    timeline.start { [link] in await link.releasePromptWriter(for: write.value.characteristic) }
  }
}
