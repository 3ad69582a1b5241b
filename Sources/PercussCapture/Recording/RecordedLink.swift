public import PercussGATT
public import PercussLink
public import PercussTime

/// A link that records what goes over it, and changes nothing.
///
/// A request is recorded when it was handed to the link, its answer when that came back; a command when the link has taken it; a value with the instant of its
/// arrival.
public actor RecordedLink: DeviceLink {
  /// See ``DeviceLink``.
  public nonisolated let timeline: any Timeline
  /// See ``DeviceLink``.
  public nonisolated let events: AsyncStream<[LinkEvent]>
  /// See ``DeviceLink``.
  public nonisolated let beganConnection: Bool
  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe timeline.asUnownedSerialExecutor() }

  /// Who is at the ends of a link, as far as that is known.
  public struct Ends: Sendable {
    /// The adapter of this host.
    public var host: CapturedAddress
    /// The device.
    public var device: CapturedAddress
    /// ATT_MTU, where it is another than the link's user may count on.
    public var maximumTransmissionUnit: Int?
    /// What the radio has agreed on; zeros where that is not known.
    public var parameters: CapturedParameters

    /// The ends of a link; made up unless given.
    public init(
      host: CapturedAddress = .madeUpHost, device: CapturedAddress = .madeUpPeer, maximumTransmissionUnit: Int? = nil,
      parameters: CapturedParameters = CapturedParameters(interval: 0, latency: 0, timeout: 0)
    ) {
      self.host = host
      self.device = device
      self.maximumTransmissionUnit = maximumTransmissionUnit
      self.parameters = parameters
    }
  }

  /// How often the timeline looks for what prompt writers have sent, while one is out.
  static let promptPeriod: Duration = .milliseconds(100)

  private let link: any DeviceLink
  private let recording: CaptureRecording
  private var conversation: ConversationWriter
  private let longestValue: Int
  private let prompts = PromptRecords()
  /// The characteristics of the prompt writers that were given out, by lane.
  private var lanes: [BluetoothUUID] = []
  private var writersOut = 0
  private var look: ScheduledAction?
  private var listening: Task<Void, any Error>?

  /// Takes a link over: all of its events are this link's from now on.
  public static func begin(
    over link: any DeviceLink, into recording: CaptureRecording, between ends: Ends = Ends()
  ) async -> RecordedLink {
    let profile = await link.profile
    let unit = await link.maximumTransmissionUnit
    let now = link.timeline.now
    let connection = ConversationWriter.Connection(
      role: .central, peer: ends.device, controller: recording.controller(ends.host, at: now),
      handle: recording.newHandle(), maximumTransmissionUnit: ends.maximumTransmissionUnit ?? unit,
      parameters: ends.parameters)
    var conversation = ConversationWriter(connection, profile: profile)
    recording.record { conversation.begin(at: now, &$0) }
    let (events, source) = AsyncStream.makeStream(of: [LinkEvent].self, bufferingPolicy: .bufferingNewest(1_024))
    let recorded = RecordedLink(link, recording, conversation, longestValue: unit - 3, events)
    await recorded.listen(source)
    return recorded
  }

  private init(
    _ link: any DeviceLink, _ recording: CaptureRecording, _ conversation: ConversationWriter, longestValue: Int,
    _ events: AsyncStream<[LinkEvent]>
  ) {
    self.link = link
    self.recording = recording
    self.conversation = conversation
    self.longestValue = longestValue
    self.events = events
    timeline = link.timeline
    beganConnection = link.beganConnection
  }

  private func listen(_ source: AsyncStream<[LinkEvent]>.Continuation) {
    listening = timeline.start { [weak self, events = link.events] in
      for await batch in events {
        await self?.arrived(batch)
        source.yield(batch)
      }
      source.finish()
    }
  }

  // MARK: The link

  /// See ``DeviceLink``.
  public var maximumTransmissionUnit: Int { get async { await link.maximumTransmissionUnit } }
  /// See ``DeviceLink``.
  public var profile: Profile { get async { await link.profile } }

  /// See ``DeviceLink/read(_:)``.
  public func read(_ characteristic: BluetoothUUID) async throws(LinkError) -> [UInt8] {
    try await performing(.read(characteristic, offset: 0)) { link throws(LinkError) in
      try await link.read(characteristic)
    }
  }

  /// See ``DeviceLink/write(_:to:type:)``.
  public func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType
  ) async throws(LinkError) {
    // What the link refuses by itself goes nowhere.
    guard type == .request, value.count <= longestValue else {
      try await link.write(value, to: characteristic, type: type)
      return record { $0.command(value, to: characteristic, at: $1, &$2) }
    }
    _ = try await performing(.write(value, characteristic)) { link throws(LinkError) in
      try await link.write(value, to: characteristic, type: .request)
      return []
    }
  }

  /// See ``DeviceLink/subscribe(to:)``.
  public func subscribe(to characteristics: [BluetoothUUID]) async throws(LinkError) {
    for characteristic in characteristics {
      _ = try await performing(.configure(characteristic, isSubscribed: true)) { link throws(LinkError) in
        try await link.subscribe(to: [characteristic])
        return []
      }
    }
  }

  /// See ``DeviceLink/unsubscribe(from:)``.
  public func unsubscribe(from characteristics: [BluetoothUUID]) async throws(LinkError) {
    for characteristic in characteristics {
      _ = try await performing(.configure(characteristic, isSubscribed: false)) { link throws(LinkError) in
        try await link.unsubscribe(from: [characteristic])
        return []
      }
    }
  }

  private func performing(
    _ request: ConversationWriter.Request, _ body: (any DeviceLink) async throws(LinkError) -> [UInt8]
  ) async throws(LinkError) -> [UInt8] {
    let number = record { $0.request(request, at: $1, &$2) }
    do throws(LinkError) {
      let value = try await body(link)
      record { $0.answer(number, .success(value), at: $1, &$2) }
      return value
    } catch {
      if case .attribute(let refusal, _) = error {
        record { $0.answer(number, .failure(refusal), at: $1, &$2) }
      } else {
        record { conversation, _, _ in conversation.abandon(number) }
      }
      throw error
    }
  }

  /// See ``DeviceLink/disconnect()``.
  public func disconnect() async {
    await link.disconnect()
    // The end is in the recording when this returns.
    _ = await listening?.result
  }

  // MARK: Prompt writers

  /// See ``DeviceLink/acquirePromptWriter(for:)``.
  public func acquirePromptWriter(for characteristic: BluetoothUUID) async -> (any PromptWriter)? {
    guard let writer = await link.acquirePromptWriter(for: characteristic) else { return nil }
    let lane = lanes.firstIndex(of: characteristic) ?? lanes.count
    if lane == lanes.count { lanes.append(characteristic) }
    writersOut += 1
    lookLater()
    return RecordedPromptWriter(writer, prompts, lane: lane)
  }

  /// See ``DeviceLink/releasePromptWriter(for:)``.
  public func releasePromptWriter(for characteristic: BluetoothUUID) async {
    writersOut = max(0, writersOut - 1)
    recordPrompts()
    await link.releasePromptWriter(for: characteristic)
  }

  private func lookLater() {
    guard look == nil, writersOut > 0 else { return }
    look = timeline.schedule(after: Self.promptPeriod) { [weak self] in
      self?.assumeIsolated { link in
        link.look = nil
        link.recordPrompts()
        link.lookLater()
      }
    }
  }

  // MARK: Recording

  private func arrived(_ batch: [LinkEvent]) {
    for event in batch {
      switch event {
      case .value(let characteristic, let value, let instant):
        record(at: instant) { $0.value(value, of: characteristic, at: $1, &$2) }
      case .disconnected(let reason):
        record { $0.end(reason, at: $1, &$2) }
        writersOut = 0
        look?.cancel()
      }
    }
  }

  /// What was sent by another thread was sent before what comes now.
  private func recordPrompts() { record { _, _, _ in } }

  @discardableResult
  private func record<Success: Sendable>(
    at instant: MonotonicInstant? = nil,
    _ body: (inout ConversationWriter, MonotonicInstant, inout MonitorLog) -> Success
  ) -> Success {
    let before = conversation.leftOut
    var missed = 0
    let result = recording.record { log in
      missed = prompts.drain { value, lane, sent in
        if lanes.indices.contains(lane) { conversation.command(value, to: lanes[lane], at: sent, &log) }
      }
      return body(&conversation, instant ?? timeline.now, &log)
    }
    missed += conversation.leftOut - before
    if missed > 0 { recording.leaveOut(missed) }
    return result
  }
}

/// Sends, and then notes what it has sent.
private final class RecordedPromptWriter: PromptWriter {
  private let writer: any PromptWriter
  private let prompts: PromptRecords
  private let lane: Int

  init(_ writer: any PromptWriter, _ prompts: PromptRecords, lane: Int) {
    self.writer = writer
    self.prompts = prompts
    self.lane = lane
  }

  func sendPromptly(_ value: [UInt8]) -> Bool {
    guard writer.sendPromptly(value) else { return false }
    prompts.add(value, lane: lane, at: .ofSystem())
    return true
  }
}
