// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What the device does now.
///
///       0  counter
///       1  state
///       2  time
///       6  speed
///       8  target
///      10  force
///      12  temperature
///      14  battery
///      15  step
///      17  remaining
///      19  faults
public struct Telemetry: WireMessage {
  /// One more than that of the last one to this central; wraps. A gap tells a loss.
  public var counter: UInt8
  /// What the device is doing.
  public var state: DeviceState
  /// Low 32 bits of the device's clock in milliseconds. In milliseconds.
  public var timeMilliseconds: UInt32
  /// Speed of the motor as measured. In percussions per minute.
  public var speedPPM: UInt16
  /// Speed that the motor is commanded to have now. In percussions per minute.
  public var targetPPM: UInt16
  /// Force as measured. In tenths of a newton.
  public var forceDecinewtons: UInt16
  /// Temperature of the motor. In tenths of a degree Celsius.
  public var temperatureDecidegrees: Int16
  /// Charge. In per cent, 0...100.
  public var batteryPercent: UInt8
  /// Step that plays, waits or is paused; 65535 without one.
  public var step: UInt16
  /// Time left of routine or stream, or of the timer if that is less, rounded up; 65535 where it is as long or longer;
  /// 0 without any. In seconds.
  public var remainingSeconds: UInt16
  /// The faults that are active.
  public var faults: DeviceFaults

  /// Creates the message from its fields.
  @inlinable
  public init(
    counter: UInt8, state: DeviceState, timeMilliseconds: UInt32, speedPPM: UInt16, targetPPM: UInt16,
    forceDecinewtons: UInt16, temperatureDecidegrees: Int16, batteryPercent: UInt8, step: UInt16,
    remainingSeconds: UInt16, faults: DeviceFaults
  ) {
    self.counter = counter
    self.state = state
    self.timeMilliseconds = timeMilliseconds
    self.speedPPM = speedPPM
    self.targetPPM = targetPPM
    self.forceDecinewtons = forceDecinewtons
    self.temperatureDecidegrees = temperatureDecidegrees
    self.batteryPercent = batteryPercent
    self.step = step
    self.remainingSeconds = remainingSeconds
    self.faults = faults
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    20
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(20, for: .telemetry)
    counter = value.byte(at: 0)
    state = try DeviceState(known: value.byte(at: 1), at: 1, .telemetryState)
    timeMilliseconds = value.littleEndian(UInt32.self, at: 2)
    speedPPM = value.littleEndian(UInt16.self, at: 6)
    targetPPM = value.littleEndian(UInt16.self, at: 8)
    forceDecinewtons = value.littleEndian(UInt16.self, at: 10)
    temperatureDecidegrees = value.littleEndian(Int16.self, at: 12)
    batteryPercent = try value.byte(at: 14).within(0...100, at: 14, .telemetryBattery)
    step = value.littleEndian(UInt16.self, at: 15)
    remainingSeconds = value.littleEndian(UInt16.self, at: 17)
    faults = DeviceFaults(rawValue: value.byte(at: 19))
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try batteryPercent.within(0...100, at: 14, .telemetryBattery)
    try output.require(20, for: .telemetry)
    output.append(20) { frame in
      frame.write(counter, at: 0)
      frame.write(state.rawValue, at: 1)
      frame.write(littleEndian: timeMilliseconds, at: 2)
      frame.write(littleEndian: speedPPM, at: 6)
      frame.write(littleEndian: targetPPM, at: 8)
      frame.write(littleEndian: forceDecinewtons, at: 10)
      frame.write(littleEndian: temperatureDecidegrees, at: 12)
      frame.write(batteryPercent, at: 14)
      frame.write(littleEndian: step, at: 15)
      frame.write(littleEndian: remainingSeconds, at: 17)
      frame.write(faults.rawValue, at: 19)
    }
  }
}
