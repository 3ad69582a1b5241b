internal import PercussTime
internal import PercussWire

/// Telemetry as it comes in, before the start of the run is known by the device's clock.
struct MotionLog {
  private var recorder = MotionRecorder()
  private var lastMilliseconds: UInt32?
  /// The device's clock in milliseconds, counted on beyond its 32 bits from the first sample's value.
  private var deviceMilliseconds: Int64 = 0
  private let keepsArrival: Bool

  /// - Parameter keepsArrival: samples are dated by the host's clock, in nanoseconds, instead of the device's.
  init(keepsArrival: Bool = false) {
    self.keepsArrival = keepsArrival
  }

  mutating func record(_ telemetry: Telemetry, receivedAt: MonotonicInstant) {
    if let last = lastMilliseconds {
      deviceMilliseconds += Int64(Int32(bitPattern: telemetry.timeMilliseconds &- last))
    } else {
      deviceMilliseconds = Int64(telemetry.timeMilliseconds)
    }
    lastMilliseconds = telemetry.timeMilliseconds
    recorder.record(
      MotionSample(
        timeMicroseconds: keepsArrival ? receivedAt.microseconds : deviceMilliseconds &* 1_000,
        setpointPPM: Int(telemetry.targetPPM), speedPPM: Int(telemetry.speedPPM),
        forceDecinewtons: Int(telemetry.forceDecinewtons), temperatureDecidegrees: Int(telemetry.temperatureDecidegrees)
      ))
  }

  /// The samples from the start of the run on.
  ///
  /// - Parameter start: by the device's clock in microseconds, or by the host's where arrivals are kept.
  func trace(from start: Int64?) -> MotionTrace {
    guard let start else { return MotionTrace(source: .telemetry, clock: keepsArrival ? .host : .device, samples: []) }
    var origin = start
    if !keepsArrival, let first = recorder.samples.first {
      // The samples know the low 32 bits of the clock's milliseconds only.
      let low = UInt32(truncatingIfNeeded: start / 1_000)
      let firstLow = UInt32(truncatingIfNeeded: first.timeMicroseconds / 1_000)
      origin = first.timeMicroseconds + Int64(Int32(bitPattern: low &- firstLow)) * 1_000 + start % 1_000
    }
    let samples = recorder.samples.map { sample in
      var sample = sample
      sample.timeMicroseconds -= origin
      return sample
    }
    return MotionTrace(
      source: .telemetry, clock: keepsArrival ? .host : .device, stride: recorder.stride,
      samples: samples.filter { $0.timeMicroseconds >= 0 })
  }
}
