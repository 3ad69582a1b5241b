/// What the motor did, sample by sample.
public struct MotionTrace: Equatable, Sendable {
  /// Who says so.
  public enum Source: String, Codable, Sendable, CaseIterable {
    /// The device, in its telemetry: what it measured.
    case telemetry
    /// The simulator: what its motor really did.
    case groundTruth = "ground_truth"
  }

  /// Who says so.
  public var source: Source
  /// Whose clock dates the samples: the device's that measured them, or the host's at their arrival.
  public var clock: StepReport.Clock
  /// Of every so many samples taken, one was kept; 1 when all were.
  public var stride: Int
  /// The samples, in order of time.
  public var samples: [MotionSample]

  /// A trace; see the properties.
  public init(source: Source, clock: StepReport.Clock = .device, stride: Int = 1, samples: [MotionSample]) {
    self.source = source
    self.clock = clock
    self.stride = stride
    self.samples = samples
  }
}

/// The motor at one instant.
public struct MotionSample: Equatable, Sendable {
  /// Microseconds from the start of the run; negative before it.
  public var timeMicroseconds: Int64
  /// The speed it is commanded to have, in PPM.
  public var setpointPPM: Int
  /// The speed it has, in PPM.
  public var speedPPM: Int
  /// The force, in 0.1 N.
  public var forceDecinewtons: Int
  /// Its temperature, in 0.1 degrees Celsius.
  public var temperatureDecidegrees: Int

  /// A sample; see the properties.
  public init(
    timeMicroseconds: Int64, setpointPPM: Int, speedPPM: Int, forceDecinewtons: Int, temperatureDecidegrees: Int
  ) {
    self.timeMicroseconds = timeMicroseconds
    self.setpointPPM = setpointPPM
    self.speedPPM = speedPPM
    self.forceDecinewtons = forceDecinewtons
    self.temperatureDecidegrees = temperatureDecidegrees
  }
}

/// Collects the samples of a run of any length in bounded memory: when the limit is reached, every second sample is dropped, and from then on
/// half as many are kept.
public struct MotionRecorder: Sendable {
  /// The samples kept so far.
  public private(set) var samples: [MotionSample] = []
  /// Of every so many samples offered, one is kept.
  public private(set) var stride = 1
  private let limit: Int
  private var skipped = 0

  /// A recorder that never holds more samples than the limit (at least 2).
  public init(limit: Int = 20_000) {
    self.limit = max(2, limit)
  }

  /// Offers a sample.
  public mutating func record(_ sample: MotionSample) {
    if skipped > 0 {
      skipped -= 1
      return
    }
    if samples.count == limit {
      samples = Swift.stride(from: 0, to: samples.count, by: 2).map { samples[$0] }
      stride &*= 2
    }
    samples.append(sample)
    skipped = stride - 1
  }

}
