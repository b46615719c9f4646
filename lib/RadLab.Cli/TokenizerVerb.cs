using System.CommandLine;
using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab tokenizer train</c>: learns a byte-level vocabulary from a data set's training side.</summary>
internal static class TokenizerVerb
{
    private const int FewestPieces = 512, MostPieces = 200_000;

    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "A data set, or a folder that 'data prepare' has written; several joined by +." };
        var pieces = new Option<int>("--pieces") { HelpName = "N", DefaultValueFactory = _ => 4096, Description = "Size of the vocabulary, special tokens included. Default: 4096." };
        var output = new Option<string>("--out") { Required = true, HelpName = "FILE", Description = "The tokenizer.json to write." };
        var train = new Command("train", "Learn a byte-level BPE vocabulary with Llama 3's special tokens from the training side of data, and write it as tokenizer.json.") { data, pieces, output };
        train.SetAction(parsed =>
        {
            int size = parsed.GetValue(pieces);
            if (size is < FewestPieces or > MostPieces) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"tokenizer train: --pieces must be from {FewestPieces} to {MostPieces}, got {size}"));
            string path = parsed.GetValue(output)!;
            long characters = 0;
            var tokenizer = ByteLevelBpe.Train(Texts(parsed.GetValue(data)!, n => characters += n), new BpeTraining { VocabularySize = size });
            tokenizer.Save(path);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {tokenizer.VocabularySize} pieces from {characters:N0} characters{(tokenizer.VocabularySize < size ? $"; the text has nothing more to merge for {size}" : "")}"));
            return ExitCodes.Done;
        });
        return new Command("tokenizer", "Make tokenizers.") { train };
    }

    // what training and prompts are made of
    private static IEnumerable<string> Texts(string data, Action<int> count)
    {
        foreach (var folder in TrainingData.OpenAll(data, Console.Error.WriteLine))
            foreach (var example in folder.Read(DataSplit.Train))
                foreach (string text in (string[])[example.Instruction, example.Input, example.Answer])
                {
                    count(text.Length);
                    yield return text;
                }
    }
}
