public import PercussGATT
public import PercussLink
public import PercussTime

/// Says to a device what a captured central said, and writes down what it answers.
///
/// ```swift
/// let replay = CaptureReplay(of: conversation, over: link, pace: .captured)
/// let outcome = try await replay.run()
/// let comparison = ConversationComparison(conversation, outcome.conversation, options)
/// try await replay.bringToRest(...)
/// ```
///
/// It drives the motor: whatever comes of ``run()``, ``bringToRest(by:of:isAtRest:within:)`` is the caller's last word.
public actor CaptureReplay {
  /// What came of it.
  public struct Outcome: Sendable {
    /// What it is to be compared with: what was captured, up to where it was said again.
    public var compared: Conversation
    /// What was said, and what the device answered, in the time of the captured conversation.
    public var conversation: Conversation
    /// Why the link ended; nil when it lasted.
    public var disconnection: DisconnectReason?
    /// Whether the end is not reached: it was interrupted, or the link was lost.
    public var isPartial: Bool
    /// How much later than captured the end was, because answers came later.
    public var delay: Duration
  }

  /// What it runs on.
  public nonisolated let timeline: any Timeline
  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe timeline.asUnownedSerialExecutor() }

  private let captured: Conversation
  private let link: any DeviceLink
  private var script: ReplayScript
  private var items: [ConversationItem] = []
  private var disconnection: DisconnectReason?
  private var isReading = false
  private var isEnding = false
  private var isRecording = true
  /// What was reported before the stop arrived says nothing of what it did.
  private var isStopWritten = false
  /// Whether a value says that the motor rests; asked for after the conversation.
  private var isAtRest: (@Sendable (BluetoothUUID, [UInt8]) -> Bool)?
  private var isSeenAtRest = false
  /// At most one of ``run()`` and one of each call that brings the motor to rest.
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// A replay that has not begun. Nobody else may read the link's events.
  public init(of captured: Conversation, over link: any DeviceLink, pace: ReplayScript.Pace) {
    self.captured = captured
    self.link = link
    timeline = link.timeline
    script = ReplayScript(captured, pace: pace)
  }

  /// Plays it to its end, to the end of the link, or until ``bringToRest(by:of:isAtRest:within:)`` is called or the task is cancelled.
  ///
  /// A device can answer anything, so nothing of it is an error: it is in the outcome. Items beyond ``ConversationReader/itemLimit`` end it.
  public func run() async -> Outcome {
    startReading()
    var isFinished = false
    while disconnection == nil, !isEnding, !Task.isCancelled, items.count < ConversationReader.itemLimit {
      switch script.step(at: timeline.now) {
      case .say(let place): await say(captured.items[place])
      case .wait(let instant): await wait(until: instant)
      case .finished: isFinished = true
      }
      if isFinished { break }
    }
    isRecording = false
    for place in items.indices { items[place].number = place + 1 }
    let end = script.time(at: timeline.now)
    var compared = captured
    if !isFinished { compared.items = Array(captured.items.prefix(script.reachedPlace)) }
    return Outcome(
      compared: compared, conversation: Conversation(items: items, end: end), disconnection: disconnection,
      isPartial: !isFinished,
      delay: script.delay)
  }

  private func say(_ item: ConversationItem) async {
    let place = items.count
    var said = item
    said.record = nil
    said.time = script.time(at: timeline.now)
    said.answer = nil
    if item.action == .read { said.bytes = [] }
    items.append(said)
    var refusal: ConversationItem.Refusal?
    do throws(LinkError) {
      switch item.action {
      case .read: items[place].bytes = try await link.read(item.characteristic)
      case .write: try await link.write(item.bytes, to: item.characteristic, type: .request)
      case .command: try await link.write(item.bytes, to: item.characteristic, type: .command)
      case .subscribe: try await link.subscribe(to: [item.characteristic])
      case .unsubscribe: try await link.unsubscribe(from: [item.characteristic])
      case .value: return
      }
    } catch {
      switch error {
      // What the end of the link has left open has no answer.
      case .disconnected: return
      case .attribute(let error, _): refusal = .error(error)
      default: refusal = .unsent("\(error)")
      }
    }
    guard item.action != .command || refusal != nil else { return }
    items[place].answer = ConversationItem.Answer(time: script.time(at: timeline.now), refusal: refusal)
  }

  // MARK: Hearing

  private func startReading() {
    guard !isReading else { return }
    isReading = true
    timeline.start { [weak self, events = link.events] in
      for await batch in events {
        guard let self else { return }
        await self.receive(batch)
      }
      await self?.ended(.unstated)
    }
  }

  private func receive(_ batch: [LinkEvent]) {
    for event in batch {
      switch event {
      case .value(let characteristic, let bytes, let instant):
        // What the host keeps for itself is no part of the conversation.
        if isRecording, !characteristic.isOfHosts, items.count < ConversationReader.itemLimit {
          script.receive(characteristic)
          items.append(
            ConversationItem(
              number: 0, time: script.time(at: instant), action: .value, characteristic: characteristic, bytes: bytes))
        }
        if isStopWritten, isAtRest?(characteristic, bytes) == true { isSeenAtRest = true }
      case .disconnected(let reason): ended(reason)
      }
    }
    wake()
  }

  private func ended(_ reason: DisconnectReason) {
    if disconnection == nil { disconnection = reason }
    wake()
  }

  private func wake() {
    let woken = waiting
    waiting = []
    for continuation in woken { continuation.resume() }
  }

  /// Until the instant, or something comes, or the task is cancelled.
  private func wait(until instant: MonotonicInstant) async {
    let timer = timeline.schedule(at: instant) { [weak self] in self?.assumeIsolated { $0.wake() } }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled, disconnection == nil else { return continuation.resume() }
        waiting.append(continuation)
      }
    } onCancel: {
      timeline.start { [weak self] in await self?.wake() }
    }
  }

  // MARK: The end

  /// Stops the motor ahead of all else, and waits until the device says that it rests.
  ///
  /// - Parameters:
  ///   - stop: the bytes that stop it, and where they are written.
  ///   - reports: the characteristics whose values tell the motor's state.
  ///   - isAtRest: whether a value says that the motor rests.
  /// - Returns: whether it was said in time. Where the link has ended the device sees to itself, and it is false.
  public func bringToRest(
    by stop: [UInt8], to characteristic: BluetoothUUID, reports: [BluetoothUUID],
    isAtRest: @escaping @Sendable (BluetoothUUID, [UInt8]) -> Bool, within limit: Duration
  ) async -> Bool {
    isEnding = true
    wake()
    startReading()
    guard disconnection == nil else { return false }
    // A command goes ahead of a request that waits for its answer; a request is known to have arrived. Whether a write fails is no matter here: only what the device then
    // says of its motor counts, until the limit.
    try? await link.write(stop, to: characteristic, type: .command)
    let deadline = timeline.now.advanced(by: limit)
    self.isAtRest = isAtRest
    timeline.start { [link] in
      try? await link.write(stop, to: characteristic, type: .request)
      await self.noteStop()
      try? await link.subscribe(to: reports)
    }
    while !isSeenAtRest, disconnection == nil, timeline.now < deadline {
      await wait(until: deadline)
    }
    return isSeenAtRest
  }

  private func noteStop() { isStopWritten = true }
}
