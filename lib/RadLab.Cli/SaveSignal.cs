using System.Runtime.InteropServices;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>SIGUSR1: the run saves a checkpoint and goes on; before there is a run it does nothing. Windows has no such signal.</summary>
internal sealed class SaveSignal : IDisposable
{
    private readonly PosixSignalRegistration? _registration;
    private volatile TrainingRun? _run;

    public SaveSignal() => _registration = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(OperatingSystem.IsMacOS() ? (PosixSignal)30 : (PosixSignal)10, context =>
    {
        context.Cancel = true;   // it would end the process
        _run?.SaveSoon();
    });

    /// <summary>What is saved.</summary>
    public TrainingRun? Run { set => _run = value; }

    public void Dispose() => _registration?.Dispose();
}
