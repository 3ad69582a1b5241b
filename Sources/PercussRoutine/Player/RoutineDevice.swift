public import PercussClient
public import PercussTime
public import PercussWire

/// What the player needs of a device; ``Device`` is one. A protocol so that tests can script the other end.
public protocol RoutineDevice: Sendable {
  /// What the device reports.
  associatedtype EventSequence: AsyncSequence & Sendable
  where EventSequence.Element == Device.Event, EventSequence.Failure == Never
  /// What the device measures.
  associatedtype TelemetrySequence: AsyncSequence & Sendable
  where TelemetrySequence.Element == TelemetrySample, TelemetrySequence.Failure == Never
  /// How far its queue has come.
  associatedtype CreditSequence: AsyncSequence & Sendable
  where CreditSequence.Element == StreamCredit, CreditSequence.Failure == Never

  /// What it runs on; the player runs there too.
  nonisolated var timeline: any Timeline { get }
  /// What it can do.
  nonisolated var feature: DeviceFeature { get }
  /// Whether it keeps the lease itself.
  nonisolated var hasLease: Bool { get }
  /// What it reports from now on; ends with the connection.
  nonisolated var events: EventSequence { get }
  /// What it measures from now on; ends with the connection.
  nonisolated var telemetry: TelemetrySequence { get }

  /// The credits for streamed steps from now on; ends with the connection.
  nonisolated var streamCredits: CreditSequence { get }

  /// What was lost, repeated and dropped on its connection so far.
  var statistics: Session.Statistics { get async }

  /// Sends a request and waits for its answer, for a bounded time. A stop is carried through in a cancelled task too.
  @discardableResult
  func perform(_ operation: ControlRequest.Body) async throws(DeviceError) -> ControlResponse

  /// Sends a request at an instant and waits for its answer; see ``Device/perform(_:timing:handedOver:)``.
  func perform(
    _ operation: ControlRequest.Body, timing: Session.Timing,
    handedOver: @escaping @Sendable (MonotonicInstant) -> Void
  ) async throws(DeviceError) -> ControlResponse

  /// Brings a routine into a slot, whole or not at all, in a bounded time.
  @discardableResult
  func upload(
    _ segments: [RoutineSegment], to slot: UInt8, progress: (@Sendable (Int, Int) -> Void)?
  ) async throws(DeviceError) -> RoutineImage

  /// Hands a streamed step to the link; it may be lost on the way.
  func queue(_ step: StreamedStep) async throws(DeviceError)

  /// Tells what is known of the device's clock whenever more is known, until the task is cancelled or the connection ends.
  func followClock(_ update: (@Sendable (ClockEstimator) async -> Void)?) async
}

extension Device: RoutineDevice {}

extension RoutineDevice {
  /// It does.
  public nonisolated var hasLease: Bool { true }
}

extension DeviceDescription.Dialect {
  /// What a device speaks; nil for the Percuss protocol.
  public init?(_ dialect: any PercussClient.Dialect) {
    if dialect is PercussDialect { return nil }
    self.init(
      name: dialect.name, hasLease: dialect.duties == nil, rpmPerThousandPPM: dialect.ratio?.rpmPerThousandPPM)
  }
}

extension DeviceDescription.Feature {
  /// What a device's Feature characteristic says.
  public init(_ feature: DeviceFeature) {
    let names: [(DeviceFeatures, String)] = [
      (.routines, "routines"), (.stream, "stream"), (.clock, "clock"), (.forceLimit, "force_limit"),
      (.forceSensor, "force_sensor"), (.timer, "timer"), (.presets, "presets"), (.wait, "wait"),
      (.temperatureSensor, "temperature_sensor"),
    ]
    self.init(
      version: "\(feature.versionMajor).\(feature.versionMinor)",
      features: names.filter { feature.features.contains($0.0) }.map(\.1),
      speedMinimumPPM: Int(feature.speedMinimumPPM), speedMaximumPPM: Int(feature.speedMaximumPPM),
      speedStepPPM: Int(feature.speedStepPPM), forceMaximumDecinewtons: Int(feature.forceMaximumDecinewtons),
      routineSlots: Int(feature.routineSlots), routineSteps: Int(feature.routineSteps))
  }
}
