internal import PercussGATT
internal import PercussLink

extension EmulationQuirks {
  /// Every quirk, in the order of the structure.
  static let settings: [Setting<EmulationQuirks>] = [
    .choice(
      "connected_signal", \.connectedSignal, "When Connected=true is signalled, measured by the reply to Connect."),
    .choice("services_resolved", \.servicesResolved, "When the GATT objects and ServicesResolved=true come."),
    .duration(
      "resolution_delay", \.resolutionDelay, .zero ... .seconds(60),
      "How long resolving services takes after a connect."),
    .flag(
      "adapter_vanishes_silently", \.adapterVanishesSilently,
      "A removed adapter is not followed by the removal of its devices (bluez-dbus#74)."),
    .flag(
      "adapters_are_renumbered", \.adaptersAreRenumbered, "An adapter that comes back has the next number."),
    .count(
      "stuck_stop_discoveries", \.stuckStopDiscoveries, 0...1000,
      "How many StopDiscovery calls answer InProgress and leave discovery stuck."),
    .flag(
      "killed_scanner_locks_discovery", \.killedScannerLocksDiscovery,
      "A scanner that vanishes leaves discovery locked until the adapter is switched off (bluez#2547)."),
    .flag(
      "discovery_needs_transport_filter", \.discoveryNeedsTransportFilter,
      "Discovery without the filter Transport=le reports nothing (bluez#2309)."),
    .flag(
      "signals_large_rssi_changes_only", \.signalsLargeRSSIChangesOnly,
      "RSSI is signalled only when it changed by 8 dB, as after 5.66."),
    .duration(
      "temporary_timeout", \.temporaryTimeout, .milliseconds(10) ... .seconds(3600),
      "How long an unconnected device stays after it was last seen."),
    .flag("discovery_end_evicts", \.discoveryEndEvicts, "The end of discovery removes temporary devices at once."),
    .count(
      "aborted_connects", \.abortedConnects, 0...1000, "How many connects fail with le-connection-abort-by-local."),
    .flag("abort_evicts", \.abortEvicts, "A device is removed after an aborted connect."),
    .duration(
      "connect_timeout", \.connectTimeout, .milliseconds(10) ... .seconds(600),
      "How long Connect waits for a device that does not advertise."),
    .flag(
      "concurrent_connect_is_in_progress", \.concurrentConnectIsInProgress,
      "A second Connect while one is pending answers InProgress, as after 5.66."),
    .duration(
      "disconnect_delay", \.disconnectDelay, .zero ... .seconds(60), "How long Disconnect waits; 2 s in bluetoothd."),
    .flag(
      "disconnect_reply_comes_first", \.disconnectReplyComesFirst,
      "Disconnect is answered before Connected=false is signalled, as in 5.66."),
    .flag(
      "sends_disconnected_signal", \.sendsDisconnectedSignal,
      "The end of a connection sends Disconnected(reason, message) too, as from 5.83 on."),
    .flag(
      "rejected_pairing_leaves_reads_pending", \.rejectedPairingLeavesReadsPending,
      "Reads interrupted by a rejected pairing are never answered (bluez#21)."),
    .flag("offers_acquire_notify", \.offersAcquireNotify, "AcquireNotify and NotifyAcquired exist."),
    .flag("offers_acquire_write", \.offersAcquireWrite, "AcquireWrite and WriteAcquired exist."),
    .flag(
      "acquires_indications", \.acquiresIndications,
      "AcquireNotify works on characteristics that only indicate, as from 5.80 on."),
    .flag(
      "lost_acquire_notify_stays_locked", \.lostAcquireNotifyStaysLocked,
      "A link lost during AcquireNotify leaves it locked, as before 5.84."),
    .flag(
      "notices_changed_services", \.noticesChangedServices,
      "GATT objects that outlived a link are compared with the device at the next one; else they go stale."),
    .flag("forgets_services", \.forgetsServices, "GATT objects are removed when the link ends (Cache=no)."),
    .flag(
      "claimed_services_are_read_only", \.claimedServicesAreReadOnly,
      "Services that bluetoothd uses itself refuse writes, the default from 5.80 on."),
    .flag(
      "reorders_bursts", \.reordersBursts, "Bursts of commands and notifications arrive reordered (EATT)."),
  ]
}

extension AirFaults {
  /// Every fault of the air, in the order of the structure.
  static let settings: [Setting<AirFaults>] = [
    .share(
      "dropped_notifications", \.droppedNotifications, "Share of notifications and indications that never arrive."),
    .share("delayed_notifications", \.delayedNotifications, "Share of notifications that leave later."),
    .duration(
      "notification_delay", \.notificationDelay, .zero ... .seconds(60), "How much later a delayed notification leaves."
    ),
    .share("duplicated_notifications", \.duplicatedNotifications, "Share of notifications that arrive twice."),
    .share("corrupted_notifications", \.corruptedNotifications, "Share of notifications with one bit flipped."),
    .share("refused_writes", \.refusedWrites, "Share of writes that are refused without reaching the device."),
    .count("refusal", \.refusalCode, 1...255, "ATT error code of refused writes."),
    .share("stalled_writes", \.stalledWrites, "Share of writes that the device sees later."),
    .duration("stall", \.stall, .zero ... .seconds(60), "How long a stalled write waits."),
    .share("lost_writes", \.lostWrites, "Share of writes that are lost; a request is then never answered."),
    .count(
      "disconnect_after", \.operationsUntilDisconnect, 0...1_000_000,
      "Ends each link after that many operations; 0 for never."),
  ]

  private var refusalCode: Int {
    get { Int(refusal.rawValue) }
    set { refusal = ATTError(UInt8(clamping: newValue)) }
  }

  private var operationsUntilDisconnect: Int {
    get { disconnectAfter ?? 0 }
    set { disconnectAfter = newValue > 0 ? newValue : nil }
  }
}

extension RadioParameters {
  /// Every parameter of the radio that is not an event in time, in the order of the structure.
  static let settings: [Setting<RadioParameters>] = [
    .duration(
      "interval", \.interval, .microseconds(7500) ... .seconds(4),
      "Connection interval: time between connection events."),
    .count(
      "peripheral_latency", \.peripheralLatency, 0...499, "Connection events that an idle peripheral may skip."),
    .duration(
      "supervision_timeout", \.supervisionTimeout, .milliseconds(100) ... .seconds(32),
      "Silence after which an end gives the link up."),
    .count("mtu", \.maximumTransmissionUnit, 23...517, "ATT_MTU in bytes."),
    .count("event_capacity", \.eventCapacity, 1...64, "Values that each direction carries in one connection event."),
    .share(
      "loss", \.lossProbability, upTo: 0.9, "Share of packets that are lost on the air and sent again: a delay."),
    .share("drop", \.dropProbability, "Share of values without acknowledgement that a host drops for good."),
    .flag(
      "reorders_unacknowledged", \.reordersUnacknowledged, "Values without acknowledgement overtake each other."),
  ]
}

extension EmulationQuirks {
  /// What can be set by name, for people: the name, what it takes, what holds unless it is set, and what it does.
  public static var descriptions: [(name: String, takes: String, usual: String, summary: String)] {
    let usual = EmulationQuirks()
    return settings.map { ($0.name, $0.kind.domain, $0.get(usual).text, $0.summary) }
  }
}
