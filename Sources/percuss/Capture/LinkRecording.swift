import PercussBlueZ
import PercussCapture
import PercussLink
import PercussTime

extension DeviceLink {
  /// The link itself, or one that records it.
  func recorded(in recording: CaptureRecording?, between ends: RecordedLink.Ends) async -> any DeviceLink {
    guard let recording else { return self }
    return await RecordedLink.begin(over: self, into: recording, between: ends)
  }
}

extension RecordedLink.Ends {
  /// Those of a link through BlueZ, with what is known of them.
  init(of link: any DeviceLink, through central: BlueZCentral) async {
    self.init()
    if let address = await central.adapter?.address { host = CapturedAddress(address.rawValue, isRandom: false) }
    guard let link = link as? BlueZLink else { return }
    // bluetoothd's object does not say which kind it is: the two bits that make a static random address do.
    device = CapturedAddress(link.address.rawValue, isRandom: link.address.rawValue >> 46 == 0b11)
    maximumTransmissionUnit = await link.negotiatedTransmissionUnit
    if let known = await link.parameters {
      parameters = CapturedParameters(
        interval: known.interval, latency: known.peripheralLatency, supervisionTimeout: known.supervisionTimeout)
    }
  }
}

extension CapturedParameters {
  init(interval: Duration, latency: Int, supervisionTimeout: Duration) {
    self.init(
      interval: UInt16(clamping: interval.wholeMicroseconds / 1250), latency: UInt16(clamping: latency),
      timeout: UInt16(clamping: supervisionTimeout.wholeMilliseconds / 10))
  }

  /// What a simulated radio goes by.
  init(_ radio: RadioParameters) {
    self.init(
      interval: radio.interval, latency: radio.peripheralLatency, supervisionTimeout: radio.supervisionTimeout)
  }
}
