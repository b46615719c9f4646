using System.Globalization;

namespace RadLab.Training;

/// <summary>What data-parallel devices share out among themselves instead of each keeping all of it: ZeRO (Rajbhandari et al. 2019, arXiv:1910.02054).</summary>
public enum ZeroStage
{
    /// <summary>Each device keeps everything.</summary>
    None,

    /// <summary>The optimizer's state.</summary>
    OptimizerState,

    /// <summary>And the gradients.</summary>
    Gradients,

    /// <summary>And the weights, frozen ones as well; the part in use is gathered whole.</summary>
    Weights,
}

/// <summary>How a run is spread over devices, each with micro-batches of its own.</summary>
/// <param name="Devices">The world size, N.</param>
/// <param name="Stage">What each device keeps only a share of 1/N of.</param>
public sealed record Sharding(int Devices = 1, ZeroStage Stage = ZeroStage.None)
{
    private const int MostDevices = 1 << 20;

    /// <exception cref="RecipeException">There is no such number of devices.</exception>
    internal void Check()
    {
        if (Devices is < 1 or > MostDevices) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"world size: must be from 1 to {MostDevices}, got {Devices}."));
    }

    /// <summary>What one device keeps of something that is shared out from <paramref name="stage"/> on.</summary>
    internal long Share(long bytes, ZeroStage stage) => Stage >= stage ? (bytes + Devices - 1) / Devices : bytes;
}
