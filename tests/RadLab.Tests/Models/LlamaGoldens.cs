namespace RadLab.Tests;

/// <summary>Where the reference values of the tiny Llamas are.</summary>
internal static class LlamaGoldens
{
    public static readonly string[] Models = ["llama2-mha", "llama3-gqa", "llama31-scaled-tied"];

    public static string Folder(string model) => Path.Combine(AppContext.BaseDirectory, "Goldens", "llama", model);

    public static TheoryData<string> ModelNames => new(Models);
}
