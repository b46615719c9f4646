namespace RadLab.Models;

/// <summary>The names of an adapter's tensors behind the path of its layer.</summary>
public static class LoraWeights
{
    /// <summary>(R, Inputs)</summary>
    public static string A(string module) => module + ".lora_A.weight";

    /// <summary>(Outputs, R)</summary>
    public static string B(string module) => module + ".lora_B.weight";

    /// <summary>(Outputs), DoRA only.</summary>
    public static string Magnitude(string module) => module + ".lora_magnitude_vector";
}
